#include "replay/replay.h"

#include <thread>

#include <fcntl.h>
#include <sys/socket.h>

namespace tv::replay {
namespace {

struct Channel {
    UniqueFd sender;
    UniqueFd receiver;
};

Result<Channel> make_channel() {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) return fail_errno("socketpair");
    for (const int end : ends) (void)::fcntl(end, F_SETFD, FD_CLOEXEC);
    return Channel{UniqueFd::adopt(ends[0]), UniqueFd::adopt(ends[1])};
}

} // namespace

Result<ReplayReport> replay(RecordingReader& recording, UniqueFd compositor, SessionConfig config,
                            PlayOptions options) {
    TV_ASSIGN(Channel channel, make_channel());
    TV_ASSIGN(auto session,
              Session::create({std::move(channel.receiver), {}, std::move(compositor)}, std::move(config)));
    ReplayReport report;
    std::thread thread([&] {
        report.session = session->run();
        session.reset(); // closes the channel, which the player waits for
    });
    Result<PlayReport> played = [&] {
        Player player(std::move(channel.sender), std::move(options));
        return player.play(recording);
    }(); // the player's end is closed: the session ends
    thread.join();
    if (!played) return std::unexpected(played.error());
    report.play = std::move(*played);
    return report;
}

} // namespace tv::replay
