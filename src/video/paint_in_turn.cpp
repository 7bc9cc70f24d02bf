#include "video/paint_in_turn.h"

#include <mutex>

#include "base/byte_queue.h"

namespace tv::video {
namespace {

class Turns : public std::enable_shared_from_this<Turns> {
public:
    explicit Turns(Paint paint) : paint_(std::move(paint)) {}

    void wait(const Picture& picture, PaintDone done) {
        {
            const std::lock_guard lock(mutex_);
            waiting_.push({picture, std::move(done)});
            if (std::exchange(painting_, true)) return;
        }
        next();
    }

private:
    struct Turn {
        Picture picture;
        PaintDone done;
    };

    void next() {
        Turn turn;
        {
            const std::lock_guard lock(mutex_);
            painting_ = !waiting_.empty();
            if (!painting_) return;
            turn = waiting_.pop();
        }
        paint_(turn.picture, [self = shared_from_this(), done = std::move(turn.done)](Status outcome) {
            done(std::move(outcome));
            self->next();
        });
    }

    const Paint paint_;
    std::mutex mutex_;
    Fifo<Turn> waiting_;
    bool painting_ = false;
};

} // namespace

Paint paint_in_turn(Paint paint) {
    return [turns = std::make_shared<Turns>(std::move(paint))](const Picture& picture, PaintDone done) {
        turns->wait(picture, std::move(done));
    };
}

} // namespace tv::video
