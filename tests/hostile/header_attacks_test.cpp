// Connections that do not begin as a waypipe server's do.
#include "arena.h"

namespace tv::test {
namespace {

using ConnectionHeaderAttack = Arena;

ByteVector header_of(std::uint32_t word) {
    ByteVector bytes;
    append_u32(bytes, word);
    bytes.resize(kConnectionHeaderSize);
    return bytes;
}

constexpr std::uint32_t kHonestWord = 0x00010988; // version 17, no compression

TEST_F(ConnectionHeaderAttack, garbage_is_refused) {
    Peer peer = connect();
    ASSERT_TRUE(peer.raw(std::as_bytes(std::span("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))));
    expect_refused(peer, "connection header is not waypipe's");
}

TEST_F(ConnectionHeaderAttack, the_other_byte_order_is_refused_with_the_likely_reason) {
    Peer peer = connect();
    ASSERT_TRUE(peer.raw(header_of(std::byteswap(kHonestWord))));
    expect_refused(peer, "the remote machine is big-endian");
}

TEST_F(ConnectionHeaderAttack, version_15_is_refused) {
    Peer peer = connect();
    ASSERT_TRUE(peer.raw(header_of(0x000009f8)));
    expect_refused(peer, "wire version older than 16 (15)");
}

TEST_F(ConnectionHeaderAttack, a_reconnection_is_refused) {
    Peer peer = connect();
    ASSERT_TRUE(peer.raw(header_of(kHonestWord | 2)));
    expect_refused(peer, "resume an earlier connection");
}

TEST_F(ConnectionHeaderAttack, an_unspecified_compression_is_refused) {
    Peer peer = connect();
    ASSERT_TRUE(peer.raw(header_of(kHonestWord & ~0x700u)));
    expect_refused(peer, "leaves the compression unspecified");
}

TEST_F(ConnectionHeaderAttack, an_unknown_compression_is_refused) {
    Peer peer = connect();
    ASSERT_TRUE(peer.raw(header_of((kHonestWord & ~0x700u) | 5u << 8)));
    expect_refused(peer, "unknown compression (5)");
}

TEST_F(ConnectionHeaderAttack, a_header_sent_byte_by_byte_holds_up_nobody_and_is_served) {
    Peer peer = connect();
    const ByteVector header = header_of(kHonestWord);
    for (std::byte byte : header) {
        ASSERT_TRUE(peer.raw(Bytes(&byte, 1)));
        expect_honest_is_served();
    }
    ASSERT_TRUE(peer.open_desktop());
    expect_served(peer, kFirstFree);
}

TEST_F(ConnectionHeaderAttack, a_connection_without_a_header_holds_up_nobody_and_can_go) {
    Peer silent = connect();
    Peer half = connect();
    ASSERT_TRUE(half.raw(Bytes(header_of(kHonestWord)).first(7)));
    expect_honest_is_served();
    half.close();
    silent.stop_sending();
    expect_ended(silent);
}

TEST_F(ConnectionHeaderAttack, a_flood_of_silent_connections_is_served_beside_the_honest_one) {
    std::vector<Peer> flood;
    for (int i = 0; i < 60; ++i) flood.push_back(connect());
    ASSERT_TRUE(eventually([&] { return list_children(program_->pid()).size() == 61; }, kPatience));
    expect_honest_is_served();
    flood.clear();
    expect_nothing_left_of_attackers();
}

} // namespace
} // namespace tv::test
