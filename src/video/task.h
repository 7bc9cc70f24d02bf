// What an executor runs: a callable kept in place, so that handing work over allocates nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace tv::video {

// Move-only. Made of any callable of at most kSize bytes; a larger one does not compile.
class Task {
public:
    static constexpr std::size_t kSize = 6 * sizeof(void*);

    Task() = default;
    template <typename Call>
        requires(!std::is_same_v<std::remove_cvref_t<Call>, Task> && std::is_invocable_v<Call&>)
    Task(Call&& call)
        : kind_(&kKind<std::remove_cvref_t<Call>>) { // NOLINT(bugprone-forwarding-reference-overload)
        using Kept = std::remove_cvref_t<Call>;
        static_assert(sizeof(Kept) <= kSize && alignof(Kept) <= alignof(std::max_align_t));
        static_assert(std::is_nothrow_move_constructible_v<Kept>);
        new (&memory_) Kept(std::forward<Call>(call));
    }
    Task(Task&& other) noexcept : kind_(std::exchange(other.kind_, nullptr)) {
        if (kind_ != nullptr) kind_->move(other.memory_, memory_);
    }
    Task& operator=(Task&& other) noexcept {
        Task moved(std::move(other));
        reset();
        kind_ = std::exchange(moved.kind_, nullptr);
        if (kind_ != nullptr) kind_->move(moved.memory_, memory_);
        return *this;
    }
    Task(const Task&) = delete;
    Task& operator=(const Task&) = delete;
    ~Task() { reset(); }

    void operator()() { kind_->call(memory_); }
    // Destroys the callable and with it whatever it owns.
    void reset() {
        if (const Kind* kind = std::exchange(kind_, nullptr)) kind->destroy(memory_);
    }

private:
    struct Kind {
        void (*call)(void* memory);
        void (*move)(void* from, void* to); // and destroys what it moved from
        void (*destroy)(void* memory);
    };
    template <typename Kept>
    static constexpr Kind kKind{
        [](void* memory) { (*static_cast<Kept*>(memory))(); },
        [](void* from, void* to) {
            auto* old = static_cast<Kept*>(from);
            new (to) Kept(std::move(*old));
            old->~Kept();
        },
        [](void* memory) { static_cast<Kept*>(memory)->~Kept(); },
    };

    const Kind* kind_ = nullptr;
    alignas(std::max_align_t) std::byte memory_[kSize];
};

} // namespace tv::video
