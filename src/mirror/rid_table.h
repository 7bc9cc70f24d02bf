// The replicated things of one connection by their RID.
//
// There is no message that destroys one: each side drops a replica when its own objects no longer need it. So
// a message for a RID that was dropped here is late and is ignored; one for a RID never opened is an error.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "mirror/pipe.h"
#include "mirror/replica.h"

namespace tv::mirror {

// The poll thread's.
class RidTable {
public:
    explicit RidTable(MirrorState& state) : state_(state) {}

    [[nodiscard]] Status open_file(Rid rid, std::size_t size);
    [[nodiscard]] Status open_image(Rid rid, const ImageLayout& layout,
                                    std::shared_ptr<surface::Published> published = nullptr);
    [[nodiscard]] Status open_pipe(Rid rid, MessageType opened_by);
    // A pipe of our own numbering for a descriptor that the compositor gave.
    [[nodiscard]] Status open_sink(Rid rid, UniqueFd write_end);

    // Null: dropped already, ignore what came for it. PeerViolation: never opened, or something else.
    [[nodiscard]] Result<std::shared_ptr<Replica>> find_file(Rid rid);
    [[nodiscard]] Result<Pipe*> find_pipe(Rid rid);

    // The remote side has opened this RID or a later one.
    [[nodiscard]] bool opened_before(Rid rid) const { return rid > 0 && rid <= highest_opened_; }
    // What a Wayland message that carries this RID gets. The table lets go of a file here: from now on it
    // lives as long as somebody else holds it.
    struct Handed {
        std::shared_ptr<Replica> file; // or else
        UniqueFd pipe_end;
    };
    [[nodiscard]] Result<Handed> hand_over(Rid rid);

    [[nodiscard]] std::vector<Pipe>& pipes() { return pipes_; }
    [[nodiscard]] std::size_t pipe_bytes() const;
    // Forgets pipes that are closed both ways. Pipe pointers and indices die.
    void drop_closed_pipes();

    // Visits every live file; stops at the first error.
    template <typename Visitor>
    [[nodiscard]] Status for_each_waiting(Visitor&& visit) {
        for (auto& [rid, entry] : files_) {
            if (auto file = entry.file.lock(); file && file->waiting()) TV_TRY(visit(*file));
        }
        return {};
    }

private:
    struct FileEntry {
        std::shared_ptr<Replica> fresh; // until it is handed over for the first time
        std::weak_ptr<Replica> file;
    };

    [[nodiscard]] Status check_new(Rid rid);
    [[nodiscard]] Status check_pipe_count() const;
    [[nodiscard]] Status check_new_replica(Rid rid);
    void add(Rid rid, std::shared_ptr<Replica> replica);
    void sweep();

    MirrorState& state_;
    std::unordered_map<Rid, FileEntry> files_;
    std::vector<Pipe> pipes_;
    Rid highest_opened_ = 0; // the remote side counts up, over all kinds
};

} // namespace tv::mirror
