#include "compositor/more_options.h"
#include "contract.h"

namespace tv::test {
namespace {

ContractOptions chosen;

} // namespace

void add_more_options(CLI::App& app) {
    app.add_flag("--use-counts", chosen.use_counts, "hold a use of every IOSurface that is shown");
    app.add_flag("--keep-uses", chosen.keep_uses,
                 "hold it for as long as there is the wl_buffer, shown or not");
    app.add_option("--read-for", chosen.read_ms,
                   "ms from a commit to the last read (default: until replaced)");
    app.add_flag("!--linear", chosen.modifier, "offer LINEAR alone, as old versions do");
    app.add_flag("--opaque-only", chosen.opaque_modifier_only, "offer AR24 with LINEAR alone");
    app.add_option("--reject", chosen.reject, "refuse the nth create request and all later ones");
    app.add_flag("--exit-on-bad", chosen.exit_on_bad, "a refused create_immed ends the process");
}

void use_more_options(CompositorOptions& options) {
    options.foreign_buffers =
        std::make_shared<ContractBuffers>(chosen, options.release == ReleasePolicy::Delayed);
}

} // namespace tv::test
