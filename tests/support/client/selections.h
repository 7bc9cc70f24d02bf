// One face for the four protocols that carry selections, so that a scenario is written once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "connection.h"

namespace tv::test {

class SelectionDevice {
public:
    virtual ~SelectionDevice() = default;
    // Offers types; `send` is called for each request of data and owns the descriptor.
    using Send = std::function<void(const std::string& type, int fd)>;
    virtual void offer(const std::vector<std::string>& types, Send send) = 0;
    // Types of the selection in force; empty when there is none.
    [[nodiscard]] const std::vector<std::string>& types() const { return types_; }
    // Asks for the data; the descriptor stays the caller's.
    virtual void receive(const std::string& type, int fd) = 0;
    [[nodiscard]] bool cancelled() const { return cancelled_; }

protected:
    std::vector<std::string> types_;
    bool cancelled_ = false;
};

// "clipboard", "primary", "wlr-data-control", "wlr-data-control-primary", "ext-data-control",
// "ext-data-control-primary". Null when the compositor has not got it.
[[nodiscard]] std::unique_ptr<SelectionDevice> open_selection(Connection& connection,
                                                              const std::string& kind);

} // namespace tv::test
