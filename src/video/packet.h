// One codec packet in memory of its own.
#pragma once

#include <array>
#include <bit>
#include <cstring>
#include <memory>
#include <mutex>
#include <new>

#include "base/bytes.h"
#include "base/limits.h"
#include "video/decoder.h"

namespace tv::video {

// The memory of packets that are gone, for the next ones: once a stream has warmed up it allocates nothing.
// Thread-safe, since whoever lets go of a packet last gives its memory back.
class PacketMemory {
public:
    PacketMemory() = default;
    ~PacketMemory();
    PacketMemory(const PacketMemory&) = delete;
    PacketMemory& operator=(const PacketMemory&) = delete;

    // Aligned for anything.
    [[nodiscard]] void* take(std::size_t size);
    // `size` as it was taken.
    void give(void* memory, std::size_t size) noexcept;

private:
    // Sizes in steps of at most a quarter, so that little of a block is left unused.
    struct SizeClass {
        std::size_t index;
        std::size_t bytes;
    };
    [[nodiscard]] static SizeClass size_class(std::size_t size);
    struct Spare { // at the beginning of a block
        Spare* next;
    };

    std::mutex mutex_;
    std::array<Spare*, 4 * 65> spare_{}; // by class

    std::size_t spare_bytes_ = 0;
};

// Written once by whoever receives it, then shared unchanged between the log and decoders on other threads.
class Packet {
public:
    explicit Packet(std::size_t size) : Packet(size, nullptr) {}
    explicit Packet(Bytes content, std::shared_ptr<PacketMemory> memory = nullptr)
        : Packet(content.size(), std::move(memory)) {
        if (!content.empty()) std::memcpy(bytes_.get(), content.data(), content.size());
    }

    [[nodiscard]] MutableBytes writable() { return {bytes_.get(), size_}; }
    [[nodiscard]] Bytes bytes() const { return {bytes_.get(), size_}; }

private:
    struct Free {
        std::shared_ptr<PacketMemory> memory; // null: the heap's
        std::size_t size;
        void operator()(std::byte* bytes) const {
            if (memory)
                memory->give(bytes, size);
            else
                delete[] bytes;
        }
    };
    Packet(std::size_t size, std::shared_ptr<PacketMemory> memory)
        : bytes_(nullptr, Free{std::move(memory), size + kAccessUnitPadding}), size_(size) {
        const auto& from = bytes_.get_deleter();
        bytes_.reset(from.memory ? static_cast<std::byte*>(from.memory->take(from.size))
                                 : new std::byte[from.size]);
        std::memset(bytes_.get() + size, 0, kAccessUnitPadding);
    }

    std::unique_ptr<std::byte[], Free> bytes_;
    std::size_t size_;
};

// For std::allocate_shared.
template <typename T>
struct PacketAllocator {
    using value_type = T;
    explicit PacketAllocator(std::shared_ptr<PacketMemory> from) : memory(std::move(from)) {}
    template <typename U>
    explicit PacketAllocator(const PacketAllocator<U>& other) : memory(other.memory) {}

    [[nodiscard]] T* allocate(std::size_t count) { return static_cast<T*>(memory->take(count * sizeof(T))); }
    void deallocate(T* at, std::size_t count) noexcept { memory->give(at, count * sizeof(T)); }
    bool operator==(const PacketAllocator&) const = default;

    std::shared_ptr<PacketMemory> memory;
};

// A packet whose memory comes from there and goes back there.
[[nodiscard]] inline std::shared_ptr<const Packet> make_packet(Bytes content,
                                                               const std::shared_ptr<PacketMemory>& memory) {
    return std::allocate_shared<Packet>(PacketAllocator<Packet>(memory), content, memory);
}

} // namespace tv::video
