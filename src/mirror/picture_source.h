// What fills an image instead of fills and diffs: a video stream.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

namespace tv::video {
struct Picture;
}

namespace tv::mirror {

// What statistics tell of a source; the names live as long as the program, or the decoders.
struct PictureReport {
    const char* codec = "";
    const char* decoder = ""; // in use, or the last one; empty: nothing decodes this
    bool hardware = false;
    std::uint64_t failovers = 0;       // so far
    std::uint64_t without_picture = 0; // packets so far that left the pixels as they were
    bool by_cpu = false;               // into a surface the CPU has converted a picture, or does all of them
    // The picture that the pixels show; steady nanoseconds.
    struct Times {
        std::uint64_t packet = 0; // counts from 0
        std::int64_t pushed = 0;
        std::int64_t submitted = 0; // to the decoder
        std::int64_t decoded = 0;
        std::int64_t painted = 0;
    };
    std::optional<Times> latest{};
};

// The poll thread's. Belongs to its replica, which counts what was sent for it and is told here what became
// of it.
class PictureSource {
public:
    virtual ~PictureSource() = default;
    // Takes one packet.
    virtual void push(Bytes packet) = 0;
    // Pictures may go into the file from now on. `flipped`: the first row is the lowest.
    virtual void start(bool flipped) = 0;
    // Only the first so many of what was sent may reach the pixels; nullopt: all.
    virtual void hold(std::optional<std::uint64_t> packets) = 0;
    // Goes on as far as possible; how many of what was sent the pixels show, and nobody writes to them.
    [[nodiscard]] virtual std::uint64_t service() = 0;
    [[nodiscard]] virtual PictureReport report() const = 0;
    // What service() last spoke of, where pictures are kept; null: none, or nobody keeps them.
    [[nodiscard]] virtual const video::Picture* picture() const = 0;
    // As start() was told.
    [[nodiscard]] virtual bool flipped() const = 0;
    // Puts it into the pixels even where nothing else does. Any thread; `done` is called once. Owns what it
    // writes to, so it is for nobody to keep.
    using Pass = std::function<void(const video::Picture&, std::function<void(Status)> done)>;
    [[nodiscard]] virtual std::weak_ptr<const Pass> pass() const = 0;
};

} // namespace tv::mirror
