#include "compositor.h"

#include <algorithm>
#include <csignal>
#include <cstring>
#include <future>
#include <utility>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <xdg-shell-server.h>

#include "seat.h"
#include "shell.h"

namespace tv::test {

namespace {

Result<UniqueFd> listen_at(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return fail(ErrorCategory::Usage, "the socket path is too long",
                    static_cast<std::int64_t>(path.size()));
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    UniqueFd socket_fd = UniqueFd::adopt(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!socket_fd.valid()) return fail_errno("socket");
    unlink(path.c_str());
    if (bind(socket_fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        return fail_errno("bind");
    }
    if (listen(socket_fd.get(), 256) != 0) return fail_errno("listen");
    return socket_fd;
}

std::shared_ptr<Toplevel> toplevel_at(Core& core, int index) {
    std::erase_if(core.toplevels, [](const auto& weak) { return weak.expired(); });
    if (index < 0 || static_cast<std::size_t>(index) >= core.toplevels.size()) return nullptr;
    return core.toplevels[static_cast<std::size_t>(index)].lock();
}

} // namespace

TestCompositor::TestCompositor(std::string socket_path, UniqueFd wake)
    : socket_path_(std::move(socket_path)), wake_(std::move(wake)) {}

Result<std::unique_ptr<TestCompositor>> TestCompositor::start(CompositorOptions options) {
    const std::string path = options.directory + "/" + options.socket;
    UniqueFd wake = UniqueFd::adopt(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (!wake.valid()) return fail_errno("eventfd");
    TV_ASSIGN(UniqueFd listener, listen_at(path));
    std::unique_ptr<TestCompositor> self(new TestCompositor(path, std::move(wake)));

    std::promise<bool> ready;
    std::future<bool> is_ready = ready.get_future();
    self->thread_ = std::thread([compositor = self.get(), settings = std::move(options),
                                 socket_fd = std::move(listener), ready = std::move(ready)]() mutable {
        Core core(std::move(settings), compositor->shared_);
        const bool ok = core.seat->ready() && wl_display_add_socket_fd(core.display(), socket_fd.get()) == 0;
        if (ok) (void)socket_fd.release();
        ready.set_value(ok);
        if (ok) compositor->loop(core);
    });
    if (!is_ready.get())
        return fail(ErrorCategory::Io, "the test compositor did not start (is xkb-data there?)");
    return self;
}

TestCompositor::~TestCompositor() {
    die();
    if (thread_.joinable()) thread_.join();
}

void TestCompositor::loop(Core& core) {
    wl_event_loop* events = wl_display_get_event_loop(core.display());
    while (!stop_) {
        core.run_due_timers();
        wl_display_flush_clients(core.display());
        pollfd watched[2] = {{wake_.get(), POLLIN, 0}, {wl_event_loop_get_fd(events), POLLIN, 0}};
        // While stalled nothing is read or accepted, but timers and the test's own wishes go on.
        const nfds_t count = core.stalled() ? 1 : 2;
        (void)poll(watched, count, core.next_timer_ms());
        if ((watched[0].revents & POLLIN) != 0) {
            std::uint64_t ignored = 0;
            (void)!read(wake_.get(), &ignored, sizeof ignored);
            carry_out_posted(core);
        }
        if (!core.stalled()) wl_event_loop_dispatch(events, 0);
    }
    // Nothing can be posted any more, but what was is still waited for.
    {
        const std::lock_guard lock(posted_mutex_);
        stopped_ = true;
    }
    carry_out_posted(core);
    unlink(socket_path_.c_str());
}

void TestCompositor::carry_out_posted(Core& core) {
    std::vector<std::function<void(Core&)>> actions;
    {
        const std::lock_guard lock(posted_mutex_);
        actions.swap(posted_);
    }
    for (const auto& action : actions) action(core);
}

bool TestCompositor::run_inside(const std::function<void(Core&)>& action) {
    auto done = std::make_shared<std::promise<void>>();
    std::future<void> finished = done->get_future();
    {
        const std::lock_guard lock(posted_mutex_);
        if (stopped_) return false;
        posted_.emplace_back([action, done](Core& core) {
            action(core);
            done->set_value();
        });
    }
    const std::uint64_t one = 1;
    (void)!write(wake_.get(), &one, sizeof one);
    finished.wait();
    return true;
}

Result<UniqueFd> TestCompositor::connect() {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return fail_errno("socketpair");
    UniqueFd ours = UniqueFd::adopt(ends[0]);
    UniqueFd theirs = UniqueFd::adopt(ends[1]);
    bool made = false;
    run_inside([&](Core& core) {
        made = wl_client_create(core.display(), ours.get()) != nullptr;
        if (made) (void)ours.release();
    });
    if (!made) return fail(ErrorCategory::Io, "the compositor has stopped");
    return theirs;
}

// --- what has happened ---

std::vector<LogEntry> TestCompositor::log() {
    const std::lock_guard lock(shared_.mutex);
    return shared_.log;
}

std::vector<std::string> TestCompositor::lines(LogEntry::Kind kind, int client) {
    std::vector<std::string> texts;
    for (const LogEntry& entry : log()) {
        if (entry.kind == kind && (client == 0 || entry.client == client)) texts.push_back(entry.text);
    }
    return texts;
}

std::vector<CommitRecord> TestCompositor::commits() {
    const std::lock_guard lock(shared_.mutex);
    return shared_.commits;
}

std::shared_ptr<const Picture> TestCompositor::picture(int client, const std::string& surface) {
    const std::lock_guard lock(shared_.mutex);
    const auto found = shared_.pictures.find({client, surface});
    return found == shared_.pictures.end() ? nullptr : found->second;
}

int TestCompositor::clients_seen() {
    const std::lock_guard lock(shared_.mutex);
    return shared_.clients_seen;
}
int TestCompositor::clients_alive() {
    const std::lock_guard lock(shared_.mutex);
    return shared_.clients_alive;
}

// --- waiting ---

bool TestCompositor::wait_for_commits(std::size_t count, Milliseconds timeout) {
    std::unique_lock lock(shared_.mutex);
    return shared_.changed.wait_for(lock, timeout, [&] { return shared_.commits.size() >= count; });
}

bool TestCompositor::wait_for_line(const std::string& text, Milliseconds timeout) {
    std::unique_lock lock(shared_.mutex);
    std::size_t looked_at = 0;
    return shared_.changed.wait_for(lock, timeout, [&] {
        for (; looked_at < shared_.log.size(); ++looked_at) {
            if (shared_.log[looked_at].text.find(text) != std::string::npos) return true;
        }
        return false;
    });
}

bool TestCompositor::wait_until_no_clients(Milliseconds timeout) {
    std::unique_lock lock(shared_.mutex);
    return shared_.changed.wait_for(lock, timeout, [&] { return shared_.clients_alive == 0; });
}

// --- input ---

void TestCompositor::key(std::uint32_t code, bool pressed) {
    run_inside([=](Core& core) { core.seat->key(code, pressed); });
}
void TestCompositor::type(const std::string& ascii) {
    run_inside([&](Core& core) { core.seat->type(ascii); });
}
void TestCompositor::motion(double x, double y) {
    run_inside([=](Core& core) { core.seat->motion(x, y); });
}
void TestCompositor::button(std::uint32_t code, bool pressed) {
    run_inside([=](Core& core) { core.seat->button(code, pressed); });
}
void TestCompositor::scroll(double value) {
    run_inside([=](Core& core) { core.seat->scroll(value); });
}

void TestCompositor::focus_toplevel(int index) {
    run_inside([=](Core& core) {
        const auto toplevel = toplevel_at(core, index);
        core.seat->focus(toplevel && toplevel->xdg ? toplevel->xdg->surface.lock() : nullptr);
    });
}
void TestCompositor::configure_toplevel(int index, int width, int height) {
    run_inside([=](Core& core) {
        if (const auto toplevel = toplevel_at(core, index)) toplevel->configure(width, height);
    });
}
void TestCompositor::close_toplevel(int index) {
    run_inside([=](Core& core) {
        if (const auto toplevel = toplevel_at(core, index)) toplevel->close();
    });
}
void TestCompositor::dismiss_popups() {
    run_inside([](Core& core) {
        for (const auto& weak : core.surfaces) {
            const auto surface = weak.lock();
            const auto popup = surface ? std::dynamic_pointer_cast<Popup>(surface->role.lock()) : nullptr;
            if (popup && popup->resource != nullptr) xdg_popup_send_popup_done(popup->resource);
        }
    });
}

// --- trouble ---

void TestCompositor::add_fault(const Fault& fault) {
    run_inside([&](Core& core) { core.add_fault(fault); });
}
void TestCompositor::stall() {
    run_inside([](Core& core) { core.set_stalled(true); });
}
void TestCompositor::resume() {
    run_inside([](Core& core) { core.set_stalled(false); });
}
void TestCompositor::disconnect(int client) {
    run_inside([=](Core& core) {
        wl_client* found = nullptr;
        wl_client* each = nullptr;
        wl_client_for_each(each, wl_display_get_client_list(core.display())) {
            if (core.client_number(each) == client) found = each;
        }
        if (found != nullptr) wl_client_destroy(found);
    });
}
void TestCompositor::die() {
    run_inside([this](Core&) { stop_ = true; });
}

// --- pictures ---

Picture TestCompositor::render(Layout layout) {
    Picture picture;
    run_inside([&](Core& core) { picture = render_toplevels(core, layout); });
    return picture;
}
Picture TestCompositor::render_screen(int output) {
    Picture picture;
    run_inside([&](Core& core) { picture = render_output(core, output); });
    return picture;
}

} // namespace tv::test
