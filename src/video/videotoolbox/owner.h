// Owners of decoded images, without an allocation for each picture.
#pragma once

#include <CoreVideo/CoreVideo.h>

#include <cstddef>
#include <memory>
#include <mutex>
#include <new>
#include <vector>

namespace tv::video {

// Makes shared owners of images. Their control blocks come back to the pool and are used again; the pool's
// memory lives as long as any of them. Any thread.
class OwnerPool {
public:
    // Retains the image until the last copy of the owner is gone.
    [[nodiscard]] std::shared_ptr<const void> own(CVImageBufferRef image) {
        CVPixelBufferRetain(image);
        return {static_cast<const void*>(image), Release{}, Allocator<std::byte>(blocks_)};
    }

private:
    struct Release {
        void operator()(const void* image) const {
            CVPixelBufferRelease(static_cast<CVPixelBufferRef>(const_cast<void*>(image)));
        }
    };

    class Blocks {
    public:
        Blocks() { free_.reserve(kKept); }
        ~Blocks() {
            for (void* block : free_) ::operator delete(block);
        }
        Blocks(const Blocks&) = delete;
        Blocks& operator=(const Blocks&) = delete;

        // All requests are of one size: they come from one instantiation of shared_ptr.
        void* take(std::size_t bytes) {
            {
                std::lock_guard lock(mutex_);
                if (!free_.empty()) {
                    void* block = free_.back();
                    free_.pop_back();
                    return block;
                }
            }
            return ::operator new(bytes);
        }
        void give_back(void* block) {
            {
                std::lock_guard lock(mutex_);
                if (free_.size() < kKept) {
                    free_.push_back(block);
                    return;
                }
            }
            ::operator delete(block);
        }

    private:
        static constexpr std::size_t kKept = 16; // more than are alive in ordinary times
        std::mutex mutex_;
        std::vector<void*> free_;
    };

    template <typename T>
    struct Allocator {
        using value_type = T;
        explicit Allocator(std::shared_ptr<Blocks> from) : blocks(std::move(from)) {}
        template <typename U>
        Allocator(const Allocator<U>& other) : blocks(other.blocks) {}
        T* allocate(std::size_t count) { return static_cast<T*>(blocks->take(count * sizeof(T))); }
        void deallocate(T* memory, std::size_t /*count*/) { blocks->give_back(memory); }
        template <typename U>
        bool operator==(const Allocator<U>& other) const {
            return blocks == other.blocks;
        }
        std::shared_ptr<Blocks> blocks;
    };

    const std::shared_ptr<Blocks> blocks_ = std::make_shared<Blocks>();
};

} // namespace tv::video
