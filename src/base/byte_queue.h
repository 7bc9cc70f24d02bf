// Queues that allocate only while they grow: in steady state nothing is allocated per message.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace tv {

// A contiguous FIFO of bytes. append() may move the contents; spans into the queue live until the next
// append.
class ByteQueue {
public:
    [[nodiscard]] std::size_t size() const { return tail_ - head_; }
    [[nodiscard]] bool empty() const { return head_ == tail_; }
    [[nodiscard]] Bytes bytes() const { return {storage_.get() + head_, size()}; }

    // `count` writable bytes at the end, to be filled now; they count as queued at once.
    [[nodiscard]] MutableBytes append(std::size_t count) {
        reserve(count);
        MutableBytes room{storage_.get() + tail_, count};
        tail_ += count;
        return room;
    }
    void append(Bytes bytes) {
        if (!bytes.empty()) std::memcpy(append(bytes.size()).data(), bytes.data(), bytes.size());
    }

    // Room at the end that is not queued yet: read into spare(), then commit what arrived.
    [[nodiscard]] MutableBytes spare(std::size_t at_least) {
        reserve(at_least);
        return {storage_.get() + tail_, capacity_ - tail_};
    }
    void commit(std::size_t count) { tail_ += count; }

    // The last `count` queued bytes, to complete what was just appended.
    [[nodiscard]] MutableBytes recent(std::size_t count) { return {storage_.get() + tail_ - count, count}; }

    void consume(std::size_t count) {
        head_ += count;
        if (head_ == tail_) head_ = tail_ = 0; // start over at the same, cache-warm place
    }
    // Gives back memory that one burst made us take.
    void shrink_to(std::size_t bytes) {
        if (!empty() || capacity_ <= bytes) return;
        storage_.reset();
        capacity_ = 0;
    }

private:
    void reserve(std::size_t count) {
        if (capacity_ - tail_ >= count) return;
        // Only when at least as much was consumed as is moved, so that appending stays cheap on average.
        bool enough_moved = capacity_ - size() >= count && head_ >= size();
        if (head_ != 0) std::memmove(storage_.get(), storage_.get() + head_, size());
        tail_ -= head_;
        head_ = 0;
        if (!enough_moved) grow(std::max({std::size_t{4096}, capacity_ * 2, tail_ + count}));
    }
    // By realloc, which moves large blocks by their pages: no second copy, and no holes left in the heap.
    void grow(std::size_t capacity) {
        std::byte* old = storage_.release();
        void* grown = std::realloc(old, capacity);
        storage_.reset(grown != nullptr ? static_cast<std::byte*>(grown) : old);
        if (grown == nullptr) throw std::bad_alloc();
        capacity_ = capacity;
    }

    struct Free {
        void operator()(std::byte* memory) const { std::free(memory); }
    };
    std::unique_ptr<std::byte, Free> storage_;
    std::size_t capacity_ = 0;
    std::size_t head_ = 0;
    std::size_t tail_ = 0;
};

// A FIFO of movable values in one vector that is reused.
template <typename T>
class Fifo {
public:
    [[nodiscard]] bool empty() const { return head_ == items_.size(); }
    [[nodiscard]] std::size_t size() const { return items_.size() - head_; }
    [[nodiscard]] T& front() { return items_[head_]; }
    [[nodiscard]] const T& front() const { return items_[head_]; }
    [[nodiscard]] T& back() { return items_.back(); }
    [[nodiscard]] T& operator[](std::size_t index) { return items_[head_ + index]; }
    [[nodiscard]] const T& operator[](std::size_t index) const { return items_[head_ + index]; }
    void push(T value) {
        if (head_ > 32 && head_ >= items_.size() / 2) {
            items_.erase(items_.begin(), items_.begin() + static_cast<std::ptrdiff_t>(head_));
            head_ = 0;
        }
        items_.push_back(std::move(value));
    }
    T pop() {
        T value = std::move(items_[head_++]);
        if (empty()) clear();
        return value;
    }
    void clear() {
        items_.clear();
        head_ = 0;
    }

private:
    std::vector<T> items_;
    std::size_t head_ = 0;
};

} // namespace tv
