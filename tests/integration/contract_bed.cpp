#include "contract_bed.h"

#include <cstring>
#include <sstream>

#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "sim/iosurface.h"
#include "sim/object.h"
#include "surface/iosurface/store.h"
#include "video/decoders.h"

namespace tv::test {

void PrintTo(const ContractCommit& commit, std::ostream* out) {
    *out << fmt::format("{} {}x{} {} {:08x}", commit.surface, commit.width, commit.height, commit.format,
                        commit.crc);
}

std::unique_ptr<ContractCompositor> ContractCompositor::start(SpawnOptions spawn, const std::string& folder,
                                                              std::vector<std::string> options) {
    spawn.arguments = {TV_CONTRACT_COMPOSITOR, "--directory", folder, "--print-commits"};
    spawn.arguments.insert(spawn.arguments.end(), options.begin(), options.end());
    spawn.environment["TV_APPLESIM_MACHINE"] = folder;
    spawn.keep_stdin_open = true;
    auto child = Child::spawn(spawn);
    if (!child) return nullptr;
    std::unique_ptr<ContractCompositor> self(new ContractCompositor(std::move(*child)));
    EXPECT_TRUE(self->child_.wait_for_output("\n", 20s)) << self->child_.err();
    std::istringstream out(self->child_.out());
    std::string word;
    out >> word >> self->display_;
    EXPECT_EQ(word, "ready") << self->child_.err();
    return self;
}

ContractCompositor::~ContractCompositor() {
    child_.kill(SIGTERM);
    (void)child_.wait(10s);
}

Result<UniqueFd> ContractCompositor::connect() const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, display_.c_str(), display_.size() + 1);
    UniqueFd made = UniqueFd::adopt(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        return fail_errno("connect to the contract compositor");
    return made;
}

std::vector<ContractCommit> ContractCompositor::commits() const {
    std::vector<ContractCommit> commits;
    std::istringstream lines(child_.out());
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string client, word, size, crc;
        ContractCommit commit;
        if (!(words >> client >> commit.surface >> word >> size >> commit.format >> crc)) continue;
        if (word != "commit" || !crc.starts_with("crc=")) continue;
        (void)std::sscanf(size.c_str(), "%dx%d", &commit.width, &commit.height);
        commit.crc = static_cast<std::uint32_t>(std::stoul(crc.substr(4), nullptr, 16));
        commits.push_back(std::move(commit));
    }
    return commits;
}

std::size_t ContractCompositor::count(const std::string& text) const {
    const std::string out = child_.out();
    std::size_t times = 0;
    for (auto at = out.find(text); at != std::string::npos; at = out.find(text, at + 1)) ++times;
    return times;
}

bool ContractCompositor::wait_for_commits(std::size_t count) {
    return eventually([&] { return commits().size() >= count; }, 30s);
}

std::string ContractCompositor::ask(const std::string& command) {
    const auto answers = [this] {
        std::vector<std::string> found;
        std::istringstream lines(child_.out());
        for (std::string line; std::getline(lines, line);)
            if (line.starts_with("ok") || line.starts_with("error")) found.push_back(line);
        return found;
    };
    child_.write_stdin(command + "\n");
    if (!eventually([&] { return answers().size() > answers_; }, 10s)) return "no answer";
    return answers().at(answers_++);
}

bool ContractCompositor::save_picture(const std::string& surface, int client, const std::string& path) {
    return ask(fmt::format("png {} {} {}", path, surface, client)).starts_with("ok");
}

void ContractTest::SetUp() {
    IntegrationTest::SetUp();
    sim::use_machine(dir().path().string());
    mark_ = sim::mark();
    store_ = surface::make_iosurface_store({}, system_clock());
}

void ContractTest::TearDown() {
    store_.reset();
    EXPECT_EQ(sim::surfaces_alive(), 0u);
    EXPECT_EQ(sim::alive_since(mark_), std::vector<std::string>{});
    sim::use_machine(""); // before the folder goes
    IntegrationTest::TearDown();
}

std::unique_ptr<ContractCompositor> ContractTest::start_contract(std::vector<std::string> options) {
    auto compositor = ContractCompositor::start(command({}), dir().path().string(), std::move(options));
    EXPECT_NE(compositor, nullptr);
    return compositor;
}

SessionConfig ContractTest::surface_config() {
    SessionConfig config = session_config();
    config.surfaces = store_;
    for (auto& decoder : video::available_decoders(true)) config.decoders.push_back(std::move(decoder));
    config.statistics = [this](const StatisticsSnapshot& snapshot) {
        const std::lock_guard lock(mutex_);
        snapshot_ = snapshot;
        if (!snapshot.surfaces.empty()) busiest_ = snapshot.surfaces[0];
    };
    return config;
}

StatisticsSnapshot ContractTest::last_snapshot() {
    const std::lock_guard lock(mutex_);
    return snapshot_;
}

SurfaceStatistics ContractTest::busiest_surface() {
    const std::lock_guard lock(mutex_);
    return busiest_;
}

} // namespace tv::test
