#include "video/packet.h"

#include <algorithm>

namespace tv::video {

PacketMemory::~PacketMemory() {
    for (Spare* spare : spare_)
        while (spare != nullptr) ::operator delete(std::exchange(spare, spare->next));
}

PacketMemory::SizeClass PacketMemory::size_class(std::size_t size) {
    constexpr std::size_t kSmallest = 64;
    size = std::max(size, kSmallest);
    const std::size_t quarter = std::bit_floor(size) / 4;
    const std::size_t steps = (size + quarter - 1) / quarter; // 4..8
    return {static_cast<std::size_t>(std::bit_width(size)) * 4 + steps - 5, steps * quarter};
}

void* PacketMemory::take(std::size_t size) {
    const SizeClass wanted = size_class(size);
    {
        const std::lock_guard guard(mutex_);
        if (Spare*& spare = spare_[wanted.index]; spare != nullptr) {
            spare_bytes_ -= wanted.bytes;
            return std::exchange(spare, spare->next);
        }
    }
    return ::operator new(wanted.bytes);
}

void PacketMemory::give(void* memory, std::size_t size) noexcept {
    const SizeClass given = size_class(size);
    {
        const std::lock_guard guard(mutex_);
        if (spare_bytes_ + given.bytes <= limits::kMaxSparePacketBytes) {
            Spare*& spare = spare_[given.index];
            spare = new (memory) Spare{spare};
            spare_bytes_ += given.bytes;
            return;
        }
    }
    ::operator delete(memory);
}

} // namespace tv::video
