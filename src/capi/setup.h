// From the host's structs to ours.
#pragma once

#include "capi/receiver.h"

namespace tv::capi {

// The decoders that the configuration allows, best first. `available`: what there is.
[[nodiscard]] std::vector<std::shared_ptr<video::DecoderFactory>>
choose_decoders(std::vector<std::shared_ptr<video::DecoderFactory>> available, tv_video_policy policy,
                std::uint64_t codecs);

// Checks, copies, duplicates and connects. Errors are those of tv_receiver_create.
[[nodiscard]] std::expected<Setup, tv_result> make_setup(const tv_config& config);

// A new connection to the compositor's socket. `wait`: for a compositor that takes none at the moment.
[[nodiscard]] Result<UniqueFd> connect_display(const std::string& path, bool wait);

// A struct of the host's as ours: what the host does not have is from `defaults`, what we do not know must be
// zero. nullopt: that is not so, or it is too small to be one.
[[nodiscard]] bool copy_struct(void* ours, std::size_t our_size, const void* theirs);

} // namespace tv::capi
