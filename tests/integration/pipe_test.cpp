// Pipes of both directions and both kinds of end, as the clipboard and its relatives use them.
#include <array>
#include <csignal>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "byte_bed.h"

namespace {

using namespace tv;
using namespace tv::test;

std::span<const std::byte> bytes_of(const std::string& text) {
    return std::as_bytes(std::span(text));
}

// Big enough for every pipe and socket between the ends to be full several times over.
std::string long_text() {
    std::string text;
    for (int line = 0; text.size() < 2'000'000; ++line) text += "line " + std::to_string(line) + "\n";
    return text;
}

// A protocol that hands contents over in pipes.
struct Protocol {
    std::string manager;
    std::uint32_t version;
    std::string create_source, get_device;
    std::string device, offer, source;
};
const std::array kProtocols{
    Protocol{"wl_data_device_manager", 3, "create_data_source", "get_data_device", "wl_data_device",
             "wl_data_offer", "wl_data_source"},
    Protocol{"zwp_primary_selection_device_manager_v1", 1, "create_source", "get_device",
             "zwp_primary_selection_device_v1", "zwp_primary_selection_offer_v1",
             "zwp_primary_selection_source_v1"},
    Protocol{"gtk_primary_selection_device_manager", 1, "create_source", "get_device",
             "gtk_primary_selection_device", "gtk_primary_selection_offer", "gtk_primary_selection_source"},
    Protocol{"zwlr_data_control_manager_v1", 2, "create_data_source", "get_data_device",
             "zwlr_data_control_device_v1", "zwlr_data_control_offer_v1", "zwlr_data_control_source_v1"},
    Protocol{"ext_data_control_manager_v1", 1, "create_data_source", "get_data_device",
             "ext_data_control_device_v1", "ext_data_control_offer_v1", "ext_data_control_source_v1"},
};

class PipeTest : public EveryByteWire {
protected:
    void SetUp() override {
        EveryByteWire::SetUp();
        before_ = std::signal(SIGPIPE, SIG_IGN); // the test's own writes
        std::vector<std::pair<std::string, std::uint32_t>> globals{{"wl_seat", 5}};
        for (const Protocol& one : kProtocols) globals.emplace_back(one.manager, one.version);
        ASSERT_TRUE(start_it(std::move(globals)));
        seat_ = peer_->bind("wl_seat", 5);
        speak(kProtocols[0]);
    }
    // A source of the application's, and an offer of the compositor's.
    void speak(const Protocol& protocol) {
        protocol_ = protocol;
        const std::uint32_t manager = peer_->bind(protocol.manager, protocol.version);
        source_ = peer_->request(manager, protocol.create_source);
        const std::uint32_t device = peer_->request(manager, protocol.get_device, {seat_});
        ASSERT_TRUE(peer_->roundtrip());
        compositor_->event(device, protocol.device + ".data_offer", {++offer_});
        ASSERT_TRUE(peer_->wait_for_event(protocol.device + ".data_offer"));
    }
    void TearDown() override {
        end_.reset();
        EveryByteWire::TearDown();
        std::signal(SIGPIPE, before_);
    }

    // The application asks for the offer's data with a pipe of this kind; the compositor's end of it.
    template <typename Open>
    [[nodiscard]] bool open_pipe() {
        rid_ = peer_->new_rid();
        peer_->send(Open{rid_});
        peer_->request(offer_, "receive", {std::string("text/plain"), FdOf{rid_}});
        const std::string receive = protocol_.offer + ".receive";
        if (!compositor_->wait_for(receive)) return false;
        end_ = compositor_->take_fd(compositor_->request(receive)->fds.at(0));
        return end_.valid();
    }
    // The compositor hands an end of its own to the application's source; its other end.
    [[nodiscard]] bool open_sink() {
        int ends[2];
        if (pipe2(ends, O_CLOEXEC) != 0) return false;
        end_ = UniqueFd::adopt(ends[0]);
        const UniqueFd given = UniqueFd::adopt(ends[1]);
        const std::string send = protocol_.source + ".send";
        const std::size_t pipes = peer_->count(MessageType::OpenIRPipe);
        compositor_->event(source_, send, {std::string("text/plain")}, {given.get()});
        if (!peer_->wait_for_event(send)) return false;
        const ReceivedEvent* event = peer_->event(send);
        EXPECT_EQ(event->fds, 1U);
        if (event->rids.size() != 1) return false;
        rid_ = event->rids[0];
        EXPECT_LT(rid_, 0);
        EXPECT_EQ(peer_->count(MessageType::OpenIRPipe), pipes + 1);
        return true;
    }
    // Reads what comes out of the compositor's end until `size` bytes or the end of file.
    std::string read_all(std::size_t size) {
        std::string text;
        char block[65536];
        fcntl(end_.get(), F_SETFL, O_NONBLOCK);
        (void)peer_->wait([&] {
            const ssize_t got = read(end_.get(), block, sizeof block);
            if (got > 0) text.append(block, static_cast<std::size_t>(got));
            return got == 0 || text.size() >= size;
        });
        return text;
    }
    // Reads to the end of file, whoever else is gone, then waits for the session's end.
    std::string report_after_reading(const std::string& expected) {
        std::string text;
        char block[65536];
        fcntl(end_.get(), F_SETFL, O_NONBLOCK);
        EXPECT_TRUE(eventually(
            [&] {
                ssize_t got = 0;
                while ((got = read(end_.get(), block, sizeof block)) > 0)
                    text.append(block, static_cast<std::size_t>(got));
                return got == 0;
            },
            10s))
            << text.size() << " of " << expected.size();
        EXPECT_EQ(report().end, SessionEnd::ApplicationClosed);
        return text;
    }
    // Writes it all while the peer reads.
    void write_all(const std::string& text) {
        fcntl(end_.get(), F_SETFL, O_NONBLOCK);
        std::size_t done = 0;
        ASSERT_TRUE(peer_->wait([&] {
            const ssize_t wrote = write(end_.get(), text.data() + done, text.size() - done);
            if (wrote > 0) done += static_cast<std::size_t>(wrote);
            return done == text.size();
        }));
    }
    void send_all(const std::string& text) {
        for (std::size_t at = 0; at < text.size(); at += 30000)
            peer_->send(msg::PipeTransfer{
                rid_, bytes_of(text).subspan(at, std::min<std::size_t>(30000, text.size() - at))});
    }
    [[nodiscard]] bool at_end_of_file() {
        fcntl(end_.get(), F_SETFL, O_NONBLOCK);
        char byte = 0;
        return peer_->wait([&] { return read(end_.get(), &byte, 1) == 0; });
    }
    // Writing into the compositor's end fails with EPIPE: nobody reads any more.
    [[nodiscard]] bool reader_is_gone() {
        fcntl(end_.get(), F_SETFL, O_NONBLOCK);
        return peer_->wait([&] { return write(end_.get(), "x", 1) < 0 && errno == EPIPE; });
    }
    void goes_on() { EXPECT_TRUE(peer_->roundtrip()); }

    Protocol protocol_;
    std::uint32_t offer_ = 0xfeffffff; // the compositor's latest
    std::uint32_t seat_ = 0, source_ = 0;
    Rid rid_ = 0;
    UniqueFd end_;

private:
    void (*before_)(int) = nullptr;
};

INSTANTIATE_TEST_SUITE_P(Wire, PipeTest,
                         testing::Values(Wire{16, CompressionKind::Lz4}, Wire{17, CompressionKind::None}),
                         wire_name);

TEST_P(PipeTest, every_protocol_that_a_peer_is_offered_hands_contents_over_both_ways) {
    for (const Protocol& protocol : std::span(kProtocols).subspan(1)) {
        SCOPED_TRACE(protocol.manager);
        if (!peer_->globals().contains(protocol.manager)) {
            EXPECT_TRUE(GetParam().version == 16 && protocol.manager == "ext_data_control_manager_v1")
                << "only what C peers do not know is hidden from them";
            continue;
        }
        speak(protocol);
        const std::size_t closed = peer_->count(MessageType::PipeShutdownW);
        ASSERT_TRUE(open_pipe<msg::OpenIRPipe>());
        write_all("from the compositor's side by " + protocol.manager);
        end_.reset();
        ASSERT_TRUE(peer_->wait([&] { return peer_->count(MessageType::PipeShutdownW) == closed + 1; }));
        EXPECT_EQ(peer_->pipe_data(rid_), "from the compositor's side by " + protocol.manager);

        ASSERT_TRUE(open_sink());
        send_all("from the application's by " + protocol.manager);
        peer_->send(msg::PipeShutdownW{rid_});
        EXPECT_EQ(read_all(std::string::npos), "from the application's by " + protocol.manager);
    }
    goes_on();
}

TEST_P(PipeTest, what_the_compositors_side_writes_reaches_the_application_and_then_its_end) {
    ASSERT_TRUE(open_pipe<msg::OpenIRPipe>());
    const std::string text = long_text();
    write_all(text);
    end_.reset();
    ASSERT_TRUE(peer_->wait([&] { return peer_->count(MessageType::PipeShutdownW) == 1; }));
    EXPECT_EQ(peer_->pipe_data(rid_), text);
    goes_on();
}

TEST_P(PipeTest, an_application_that_stops_reading_closes_the_pipe_for_the_writer) {
    ASSERT_TRUE(open_pipe<msg::OpenIRPipe>());
    write_all("beginning");
    ASSERT_TRUE(peer_->wait([&] { return peer_->pipe_data(rid_) == "beginning"; }));
    peer_->send(msg::PipeShutdownR{rid_});
    EXPECT_TRUE(reader_is_gone());
    goes_on();
}

TEST_P(PipeTest, what_the_application_writes_into_a_pipe_of_its_own_is_read_to_the_end) {
    ASSERT_TRUE(open_pipe<msg::OpenIWPipe>());
    const std::string text = long_text();
    send_all(text);
    peer_->send(msg::PipeShutdownW{rid_});
    EXPECT_EQ(read_all(text.size()), text);
    EXPECT_TRUE(at_end_of_file());
    goes_on();
}

TEST_P(PipeTest, data_that_was_sent_before_the_request_waits_in_the_pipe) {
    rid_ = peer_->new_rid();
    peer_->send(msg::OpenIWPipe{rid_});
    send_all("early");
    peer_->send(msg::PipeShutdownW{rid_});
    ASSERT_TRUE(peer_->roundtrip());
    peer_->request(offer_, "receive", {std::string("text/plain"), FdOf{rid_}});
    ASSERT_TRUE(compositor_->wait_for("wl_data_offer.receive"));
    end_ = compositor_->take_fd(compositor_->request("wl_data_offer.receive")->fds.at(0));
    EXPECT_EQ(read_all(5), "early");
    EXPECT_TRUE(at_end_of_file());
}

TEST_P(PipeTest, a_reader_that_goes_away_is_reported_to_the_application) {
    ASSERT_TRUE(open_pipe<msg::OpenIWPipe>());
    send_all("some");
    EXPECT_EQ(read_all(4), "some");
    end_.reset();
    EXPECT_TRUE(peer_->wait([&] { return peer_->count(MessageType::PipeShutdownR) == 1; }));
    send_all("for nobody");
    goes_on();
}

TEST_P(PipeTest, a_socket_pair_carries_both_ways_and_closes_each_way_by_itself) {
    ASSERT_TRUE(open_pipe<msg::OpenRWPipe>());
    send_all("question");
    EXPECT_EQ(read_all(8), "question");
    write_all("answer");
    EXPECT_TRUE(peer_->wait([&] { return peer_->pipe_data(rid_) == "answer"; }));
    // The application says no more, and goes on listening.
    peer_->send(msg::PipeShutdownW{rid_});
    EXPECT_TRUE(at_end_of_file());
    write_all(" and more");
    EXPECT_TRUE(peer_->wait([&] { return peer_->pipe_data(rid_) == "answer and more"; }));
    end_.reset();
    EXPECT_TRUE(peer_->wait([&] { return peer_->count(MessageType::PipeShutdownW) == 1; }));
    goes_on();
}

TEST_P(PipeTest, a_socket_pair_whose_compositor_end_says_no_more_still_takes_data) {
    ASSERT_TRUE(open_pipe<msg::OpenRWPipe>());
    ASSERT_EQ(shutdown(end_.get(), SHUT_WR), 0);
    ASSERT_TRUE(peer_->wait([&] { return peer_->count(MessageType::PipeShutdownW) == 1; }));
    const std::string text = long_text();
    send_all(text);
    EXPECT_EQ(read_all(text.size()), text);
    peer_->send(msg::PipeShutdownW{rid_});
    EXPECT_TRUE(at_end_of_file());
    goes_on();
}

TEST_P(PipeTest, a_sink_of_the_compositors_gets_the_applications_data_and_its_end) {
    ASSERT_TRUE(open_sink());
    const std::string text = long_text();
    send_all(text);
    peer_->send(msg::PipeShutdownW{rid_});
    EXPECT_EQ(read_all(text.size()), text);
    EXPECT_TRUE(at_end_of_file());
    goes_on();
}

TEST_P(PipeTest, a_sink_whose_reader_is_gone_is_reported_even_without_data) {
    ASSERT_TRUE(open_sink());
    end_.reset();
    EXPECT_TRUE(peer_->wait([&] { return peer_->count(MessageType::PipeShutdownR) == 1; }));
    send_all("for nobody");
    goes_on();
}

TEST_P(PipeTest, a_sink_that_is_not_read_holds_nothing_else_up) {
    ASSERT_TRUE(open_sink());
    const std::string text = long_text();
    send_all(text); // a pipe holds 64 KiB
    for (int index = 0; index < 20; ++index) EXPECT_TRUE(peer_->roundtrip(1s));
    EXPECT_EQ(read_all(text.size()), text);
    // The descriptor was the compositor's; its flags are as they were.
}

// As waypipe sends it for an application that writes its clipboard and exits.
TEST_P(PipeTest, data_that_comes_together_with_close_is_still_delivered) {
    ASSERT_TRUE(open_sink());
    const std::string text = long_text();
    std::vector<std::byte> last;
    const auto add = [&](const auto& message) {
        last.resize(last.size() + encoded_size(message));
        encode(message, std::span(last).last(encoded_size(message)));
    };
    for (std::size_t at = 0; at < text.size(); at += 32768)
        add(msg::PipeTransfer{rid_,
                              bytes_of(text).subspan(at, std::min<std::size_t>(32768, text.size() - at))});
    add(msg::PipeShutdownW{rid_});
    add(msg::Close{-1});
    peer_->send_bytes(last);
    // The peer reads no more; what comes out of the pipe does not depend on it.
    EXPECT_EQ(report_after_reading(text), text);
}

TEST_P(PipeTest, pipes_that_were_announced_and_never_used_are_closed_with_the_session) {
    for (int index = 0; index < 10; ++index) {
        peer_->send(msg::OpenIRPipe{peer_->new_rid()});
        peer_->send(msg::OpenIWPipe{peer_->new_rid()});
        peer_->send(msg::OpenRWPipe{peer_->new_rid()});
    }
    goes_on(); // TearDown counts descriptors
}

} // namespace
