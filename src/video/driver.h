// One video stream, that of one wl_buffer: packets in, exactly one outcome a packet out, in order, whatever
// happens to decoders meanwhile.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/byte_queue.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "video/bitstream/packet_info.h"
#include "video/decoder.h"
#include "video/durations.h"
#include "video/executor.h"
#include "video/lane.h"
#include "video/packet.h"

namespace tv::video {

// Bytes that all streams of a connection keep for failovers. The connection's thread only.
struct LogBudget {
    std::size_t used = 0;
    std::size_t limit = limits::kMaxDecoderLogTotal;
};

// What the log was told about a connection's streams; each of it once. The connection's thread only.
struct SaidOnce {
    bool broken = false;
    bool no_decoder = false;
    bool too_large = false;
    bool too_small = false;
};

struct DriverOptions {
    Codec codec = Codec::H264;
    Size buffer{};                           // pictures smaller than this are never shown
    unsigned threads = 0;                    // at most, for one picture; 0: as many as suit its size
    std::vector<DecoderFactory*> decoders{}; // best first; they, executor and clock outlive the driver
    Executor* executor = nullptr;
    const Clock* clock = &system_clock();
    std::function<void()> wake{}; // any thread: service() has something to do
    LogBudget* budget = nullptr;  // optional; shared by the connection's drivers
    SaidOnce* said = nullptr;     // the same
    Log log{};
    std::int32_t stream = 0; // names the stream in logs: its RID
    std::size_t log_bytes = limits::kMaxDecoderLogBytes;
    std::size_t in_flight = limits::kMaxPicturesInFlight;
};

// What became of one packet. Without a picture the buffer keeps its contents.
struct Outcome {
    std::uint64_t packet = 0;
    std::optional<Picture> picture{};
    // With a picture; steady nanoseconds.
    std::int64_t pushed_at = 0;
    std::int64_t submitted_at = 0; // when the decoder that gave the picture got the packet
    std::int64_t decoded_at = 0;   // when it gave it
};

struct DriverStatistics {
    const char* decoder = ""; // in use, or the last one
    bool hardware = false;
    bool given_up = false; // nothing decodes this stream (for now): the last good picture stays
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;
    std::uint64_t key_frames = 0;
    std::uint64_t pictures = 0;
    std::uint64_t without_picture = 0; // packets that left the contents as they were
    std::uint64_t failovers = 0;       // to the next decoder of the list
    std::uint64_t restarts = 0;        // of the same one
    std::uint64_t waits = 0;           // for pictures that were held back
    std::size_t log_bytes = 0;
    Percentiles queue{};  // of the latest pictures: from push() to the decoder,
    Percentiles decode{}; // and from there to its report
};

// Single-threaded: every call from the thread that owns it. Never blocks, never drops a packet, never ends
// the connection: what cannot be decoded leaves the last good picture.
//
// A packet's outcome is withheld while another decoder may still make a picture of it. After a failure the
// next decoder (or a new session of the same) is fed every packet since the last key frame; pictures that
// were already given are not given again. A packet that looks broken to a decoder moves the stream to the
// next at most once a key frame; if that agrees, nothing is shown until the next key frame, because
// everything until then would be predicted from a broken picture. A key frame that is called broken is tried
// once more, as the first packet of a new decoder.
class Driver {
public:
    explicit Driver(DriverOptions options);
    ~Driver(); // waits for nothing
    Driver(const Driver&) = delete;
    Driver& operator=(const Driver&) = delete;

    // Gives the packet's number: they count up from 0.
    std::uint64_t push(std::shared_ptr<const Packet> packet);
    // After a wake, and at the deadline.
    void service();
    // When service() must run even without a wake; steady nanoseconds.
    [[nodiscard]] std::optional<std::int64_t> deadline() const;

    // The next outcome in order, nullopt: not decided yet. While outcomes with pictures are left here,
    // decoding stops after a few.
    [[nodiscard]] std::optional<Outcome> next();
    // Packets with smaller numbers are decided: their outcomes were given by next() or wait there.
    [[nodiscard]] std::uint64_t decided() const { return decided_; }
    // Of packets that are not decided, for the channel's back-pressure.
    [[nodiscard]] std::size_t queued_bytes() const { return queued_bytes_; }
    [[nodiscard]] DriverStatistics statistics() const;
    // The same without percentiles, which cost a sort.
    [[nodiscard]] DriverStatistics counts() const;

private:
    struct Entry {
        enum class State : std::uint8_t { Waiting, Submitted, Done }; // with the current decoder
        std::shared_ptr<const Packet> packet;
        Bytes bytes{};
        std::uint64_t number = 0;
        std::uint64_t key_ordinal = 0;   // key frames up to and with this packet
        std::optional<Size> announced{}; // what the stream last said of its size
        bool key = false;
        bool has_picture = false;
        bool skip = false;  // no outcome: broken, predicted from a broken picture, or empty
        bool final = false; // the outcome is known; decoders that are fed the packet again change nothing
        bool asked = false; // the decoder was told to wait for it
        bool alone = false; // a key frame that was called broken behind other packets: to be a lane's first
        State state = State::Waiting;
        std::int64_t pushed_at = 0;
        std::int64_t returned_at = 0;  // decode() came back without a report
        std::int64_t submitted_at = 0; // with decoded_at
        std::int64_t decoded_at = 0;
        std::optional<Picture> picture{};
    };
    // What is known of a decoder of the list, for this stream.
    struct Candidate {
        DecoderFactory* factory;
        bool useless = false;       // cannot decode this stream, or only late
        std::uint64_t retry_at = 0; // ordinal of the key frame before which it is not tried again
        std::uint64_t patience = 1; // key frames from its next failure to the next try
    };

    [[nodiscard]] Entry* find(std::uint64_t number);
    [[nodiscard]] std::uint64_t end() const { return first_ + entries_.size(); }
    template <typename Self, typename Visit>
    static void for_each_submitted(Self& self, Visit visit);
    [[nodiscard]] std::int64_t hang_limit() const;

    // driver.cpp: the way of a packet.
    void pump();
    void submit(Entry& entry);
    void settle();
    void trim();
    void drop_front();
    void handle(LaneEvent& event);
    void on_decoded(LaneEvent& event);
    void on_picture(Entry& entry, Picture picture, const LaneEvent& event);
    void on_no_picture(Entry& entry);
    void finish(Entry& entry);

    // driver_failover.cpp: when it goes wrong.
    void check_time();
    void on_hang();
    void on_held_back(Entry& entry);
    void on_in_time();
    void on_fault(std::uint64_t number, const Error& error);
    void on_corrupt(Entry& entry, const Error& error);
    [[nodiscard]] bool move_for_packet(const Entry& entry);
    [[nodiscard]] bool fail_over(const char* why);
    void give_up(const Error& error);
    void forget_after(std::uint64_t number);
    void freeze_from(std::uint64_t number);
    [[nodiscard]] bool start_for(const Entry& entry);
    [[nodiscard]] std::optional<std::size_t> begins_anew(const Entry& key) const;
    void start(std::size_t candidate, std::uint64_t from);
    void drop_lane();
    [[nodiscard]] std::optional<std::size_t> usable_from(std::size_t first, std::uint64_t key_ordinal) const;
    [[nodiscard]] bool is_last_resort(std::size_t index) const;
    void note_failure(std::size_t index, std::uint64_t key_ordinal);
    void refresh_allowance(std::uint64_t key_ordinal);
    [[nodiscard]] Entry* first_open(); // the first entry whose outcome is not known
    void say_once(bool SaidOnce::* what, const char* text);

    const DriverOptions options_;
    std::vector<Candidate> candidates_;

    // The log: packets since the last key frame whose predecessors are all decided, then those not decided.
    Fifo<Entry> entries_;
    std::deque<std::uint64_t> keys_; // numbers of the key frames in it
    std::uint64_t first_ = 0;        // number of the front entry
    std::uint64_t decided_ = 0;
    std::uint64_t next_submit_ = 0;
    std::size_t log_bytes_ = 0; // of decided entries
    std::size_t queued_bytes_ = 0;
    bool log_lost_ = false; // the front is no place to start
    bool frozen_ = false;   // packets to come are skipped until a key frame
    std::uint64_t key_ordinal_ = 0;
    std::optional<Size> announced_{};
    bool too_large_ = false; // what the stream last said of its size

    std::shared_ptr<Lane> lane_;
    std::size_t current_ = 0; // candidate of the lane, or of the last one
    bool created_ = false;
    std::size_t in_flight_ = 0;  // entries in state Submitted
    unsigned held_back_ = 0;     // pictures that came only after waiting, from this lane
    unsigned in_time_ = 0;       // pictures that came without, since the last of those
    std::uint64_t began_at_ = 0; // the packet that the lane was first given
    bool in_order_sets_ = false; // parameter sets are rewritten to say that nothing is reordered

    // What was tried since a key frame.
    std::uint64_t allowance_of_ = 0; // its ordinal
    bool moved_for_packet_ = false;
    bool restarted_ = false;

    Fifo<Outcome> outcomes_;
    std::size_t pictures_waiting_ = 0;
    std::vector<LaneEvent> events_;
    SaidOnce own_said_; // without options_.said

    DriverStatistics counts_;
    Durations queue_times_;
    Durations decode_times_;
};

} // namespace tv::video
