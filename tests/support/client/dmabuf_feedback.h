// What zwp_linux_dmabuf_v1 says about formats: modifier events (version 3) or feedback (version 4), read and
// checked as Mesa does.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <linux-dmabuf-unstable-v1-client.h>

#include "connection.h"

namespace tv::test {

inline constexpr std::uint64_t kModifierLinear = 0;
inline constexpr std::uint64_t kModifierInvalid = 0x00ff'ffff'ffff'ffff;

// Format and modifier.
using FormatPair = std::pair<std::uint32_t, std::uint64_t>;

// One zwp_linux_dmabuf_feedback_v1.
class DmabufFeedback {
public:
    // Takes the object over; `what` names it in what it prints.
    DmabufFeedback(Connection& connection, zwp_linux_dmabuf_feedback_v1* feedback, std::string what);
    ~DmabufFeedback();
    DmabufFeedback(const DmabufFeedback&) = delete;
    DmabufFeedback& operator=(const DmabufFeedback&) = delete;

    [[nodiscard]] bool done() const { return done_; }
    // One line of what it said, and "bad ..." for each thing that is not as the protocol wants it. False when
    // anything is.
    [[nodiscard]] bool report() const;
    [[nodiscard]] const std::set<FormatPair>& pairs() const { return pairs_; }

private:
    void event(std::string_view name, const wl_argument* arguments);
    void read_table(int fd, std::uint32_t size);
    void take_formats(const wl_array& indices);
    void complain(std::string text) { complaints_.push_back(std::move(text)); }

    Connection& connection_;
    zwp_linux_dmabuf_feedback_v1* feedback_;
    std::string what_;
    bool done_ = false;
    std::vector<FormatPair> table_;
    bool has_table_ = false;
    std::uint64_t main_device_ = 0;
    std::uint64_t target_device_ = 0;
    bool has_main_device_ = false;
    bool has_target_device_ = false;
    std::set<FormatPair> pairs_;
    int tranches_ = 0;
    std::vector<std::string> complaints_;
};

// The global, bound at a version, and what it offers.
class Dmabuf {
public:
    // Null when there is none.
    [[nodiscard]] static std::unique_ptr<Dmabuf> bind(Connection& connection, int version);
    ~Dmabuf();
    Dmabuf(const Dmabuf&) = delete;
    Dmabuf& operator=(const Dmabuf&) = delete;

    [[nodiscard]] zwp_linux_dmabuf_v1* get() const { return dmabuf_; }
    // Asks for feedback (version 4) and prints "offered FORMAT MODIFIER" for every pair, sorted.
    [[nodiscard]] bool report_offer();
    [[nodiscard]] bool report_surface_feedback(wl_surface* surface);

private:
    explicit Dmabuf(Connection& connection) : connection_(connection) {}
    [[nodiscard]] bool wait_and_report(DmabufFeedback& feedback);

    Connection& connection_;
    zwp_linux_dmabuf_v1* dmabuf_ = nullptr;
    std::uint32_t version_ = 0;
    std::set<FormatPair> pairs_;
};

} // namespace tv::test
