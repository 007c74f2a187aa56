// Pictures from files that are decoded by threads of their own, with a bounded cache.
#pragma once

#include "data/picture_source.h"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <unordered_set>

namespace ddpm::data {

/// What a FolderSource reads from. `labels` may be empty.
struct PictureList {
    std::filesystem::path folder;
    std::vector<std::string> files; ///< relative to `folder`
    std::vector<std::int64_t> labels;
    int size = 32, channels = 3;
};

/// Keeps the first pictures that are asked for until `memory` is full, and those for good: in an order
/// without a pattern no other choice would serve better.
class FolderSource final : public PictureSource {
public:
    FolderSource(PictureList list, std::uint64_t memory, int threads);
    ~FolderSource() override;
    FolderSource(const FolderSource&) = delete;
    FolderSource& operator=(const FolderSource&) = delete;

    std::int64_t size() const override { return static_cast<std::int64_t>(list_.files.size()); }
    std::vector<std::int64_t> item_shape() const override { return {list_.channels, list_.size, list_.size}; }
    Result<torch::Tensor> fetch(const torch::Tensor& indices) override;
    void announce(const torch::Tensor& indices) override;
    Replaced replaced() const override;

private:
    void work();
    bool is_at_hand(std::int64_t index) const; ///< with the lock held
    Result<torch::Tensor> take(std::int64_t index);
    Result<torch::Tensor> decode(std::int64_t index); ///< without the lock
    bool may_stand_in(std::size_t candidate, std::size_t original) const;
    void note_bad(std::size_t index, const std::string& reason);

    const PictureList list_;
    const std::size_t item_bytes_;
    const std::size_t most_ready_;

    mutable std::mutex mutex_;
    std::condition_variable work_waits_, picture_came_;
    bool closing_ = false;
    std::deque<std::int64_t> queue_;                        ///< to be decoded
    std::unordered_set<std::int64_t> in_flight_;            ///< being decoded
    std::unordered_map<std::int64_t, torch::Tensor> ready_; ///< decoded ahead, not yet asked for
    torch::Tensor kept_;                                    ///< [slots, C, H, W]; memory is taken as it fills
    std::unordered_map<std::int64_t, std::int64_t> slot_of_; ///< in kept_
    std::vector<bool> bad_;
    Replaced replaced_;
    std::vector<std::thread> threads_; ///< last: they use all of the above
};

/// One picture of the list as [C, size, size]; the error says what is wrong with the file.
Result<torch::Tensor> read_listed(const PictureList& list, std::size_t index);

} // namespace ddpm::data
