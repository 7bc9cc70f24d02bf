// The end of a pipe that a connection's process writes its statistics into.
#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace tv::cli {

// Never blocks, except for a moment in finish(). A line for which there is no room is dropped whole.
class StatsPipe {
public:
    // Makes the descriptor non-blocking; it is nobody else's.
    [[nodiscard]] static Result<StatsPipe> create(UniqueFd pipe);

    void write(std::string_view line);
    // Waits a little for room for the last line.
    void finish(std::string_view line);

private:
    explicit StatsPipe(UniqueFd pipe) : pipe_(std::move(pipe)) {}
    [[nodiscard]] bool flush();

    UniqueFd pipe_;
    std::string rest_; // of a line that went only in part
};

} // namespace tv::cli
