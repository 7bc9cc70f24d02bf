// Sessions of this process, built with the IOSurface store on the simulated system, before the contract
// compositor (tests/support/contract), which is another process of that system.
#pragma once

#include "session_bed.h"
#include "surface/surface.h"

namespace tv::test {

// A commit as the compositor printed it.
struct ContractCommit {
    std::string surface; // "wl_surface#1"
    int width = 0;
    int height = 0;
    std::string format; // "AR24"
    std::uint32_t crc = 0;
    friend bool operator==(const ContractCommit&, const ContractCommit&) = default;
};
void PrintTo(const ContractCommit& commit, std::ostream* out);

class ContractCompositor {
public:
    // Options of tv-test-contract-compositor.
    [[nodiscard]] static std::unique_ptr<ContractCompositor>
    start(SpawnOptions spawn, const std::string& folder, std::vector<std::string> options);
    ~ContractCompositor();
    ContractCompositor(const ContractCompositor&) = delete;
    ContractCompositor& operator=(const ContractCompositor&) = delete;

    [[nodiscard]] Result<UniqueFd> connect() const;
    [[nodiscard]] const std::string& display() const { return display_; }
    [[nodiscard]] std::vector<ContractCommit> commits() const;
    // Lines of its own: "contract refused: ...", "contract rewritten while shown".
    [[nodiscard]] std::size_t count(const std::string& text) const;
    [[nodiscard]] std::size_t rewrites() const { return count("contract rewritten while shown"); }
    [[nodiscard]] std::string complaints() const { return child_.err(); }
    [[nodiscard]] bool wait_for_commits(std::size_t count);
    [[nodiscard]] bool running() { return child_.running(); }
    // Asks and waits for the answer, "ok ..." or "error ...".
    [[nodiscard]] std::string ask(const std::string& command);
    // Writes what a surface of the last client shows as PNG.
    [[nodiscard]] bool save_picture(const std::string& surface, int client, const std::string& path);

private:
    explicit ContractCompositor(Child child) : child_(std::move(child)) {}
    Child child_;
    std::string display_;
    std::size_t answers_ = 0;
};

class ContractTest : public IntegrationTest {
protected:
    void SetUp() override;
    void TearDown() override;

    [[nodiscard]] std::unique_ptr<ContractCompositor> start_contract(std::vector<std::string> options = {});
    // With the store, and with the software decoders that there are. The last snapshot is kept.
    [[nodiscard]] SessionConfig surface_config();
    [[nodiscard]] StatisticsSnapshot last_snapshot();
    // Of the last snapshot that had surfaces: once they are gone they are not told again.
    [[nodiscard]] SurfaceStatistics busiest_surface();
    // Surfaces that were handed out, for one buffer each.
    [[nodiscard]] std::size_t surfaces_taken() const {
        return store_->counts().created + store_->counts().recycled;
    }

    std::shared_ptr<surface::SurfaceStore> store_;

private:
    std::mutex mutex_;
    StatisticsSnapshot snapshot_;
    SurfaceStatistics busiest_;
    std::uint64_t mark_ = 0;
};

} // namespace tv::test
