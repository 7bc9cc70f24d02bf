// Wawona's zwp_linux_dmabuf_v1 for the test compositor: buffers that are IOSurfaces, found by the ID in their
// modifier in the compositor's own process and read from the memory that the client writes.
//
// Written from the description of the contract alone; it shares no code with the product's self-check.
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include <IOSurface/IOSurfaceRef.h>

#include "compositor/foreign_buffers.h"

namespace tv::test {

struct ContractOptions {
    bool use_counts = false; // a use of every surface that is shown, until another replaces it
    bool keep_uses = false;  // and once they are shown, for as long as there is the buffer
    int read_ms = 0; // that long after the commit a surface was read for the last time; 0: when replaced
    bool opaque_modifier_only = false; // AR24 is offered with LINEAR alone
    bool modifier = true;              // false: an old version, which offers LINEAR alone
    int reject = 0;                    // the nth create request (1 is the first) and all later ones; 0: none
    bool exit_on_bad = false;          // a create_immed that is refused ends the process, as a panic would
};

// One wl_buffer.
struct ContractBuffer {
    ContractBuffer(IOSurfaceRef surface, std::uint32_t drm_format);
    ~ContractBuffer();
    ContractBuffer(const ContractBuffer&) = delete;
    ContractBuffer& operator=(const ContractBuffer&) = delete;

    IOSurfaceRef ref;
    std::uint32_t format;
    wl_resource* resource = nullptr;
    std::uint32_t seed = 0; // when it was shown
    int readers = 0;        // wl_surfaces that still read it
    bool used = false;      // counts as a use
};

class ContractBuffers final : public ForeignBuffers {
public:
    explicit ContractBuffers(ContractOptions options, bool reads_until_release)
        : options_(options), reads_until_release_(reads_until_release) {}

    void add_globals(Core& core) override;
    [[nodiscard]] std::shared_ptr<const Picture> read(wl_resource* buffer) override;
    void shown(Surface& surface, wl_resource* buffer) override;
    void released(wl_resource* buffer) override;
    void surface_gone(Surface& surface) override;

    // A create or create_immed has come; true when it is to be refused whatever it says.
    [[nodiscard]] bool refuse_next() { return ++creates_ >= options_.reject && options_.reject > 0; }
    [[nodiscard]] const ContractOptions& options() const { return options_; }

private:
    void stop_showing(Surface& surface);
    void stop_reading(Surface& surface, ContractBuffer& buffer);

    const ContractOptions options_;
    const bool reads_until_release_; // the compositor has a copy from then on
    int creates_ = 0;
    bool translucent_ =
        false; // the picture read last: layers show both formats with their last byte as alpha
    struct Showing {
        std::shared_ptr<ContractBuffer> buffer;
        bool reading = false;
        std::uint64_t number = 0;
    };
    std::uint64_t showings_ = 0;
    std::map<Surface*, Showing> showing_;
};

} // namespace tv::test
