#include "data/folder_source.h"

#include "data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <exception>

namespace ddpm::data {
namespace {

constexpr std::size_t most_attempts = 100; // files that are tried in place of one that is gone
constexpr std::size_t most_reasons = 100;
constexpr std::size_t ahead_bytes = std::size_t{128} << 20; // of pictures decoded before they are asked for

} // namespace

Result<torch::Tensor> read_listed(const PictureList& list, std::size_t index) {
    const std::filesystem::path file = list.folder / list.files[index];
    try {
        Result<torch::Tensor> picture = read_picture(file, list.size, list.channels);
        if (!picture) return picture;
        return picture->squeeze(0);
    } catch (const std::exception&) { // of OpenCV or torch, for instance when memory runs out
        return Error{"it cannot be decoded on this machine", file.string(), "make it smaller first"};
    }
}

FolderSource::FolderSource(PictureList list, std::uint64_t memory, int threads)
    : list_(std::move(list)),
      item_bytes_(static_cast<std::size_t>(list_.channels) * static_cast<std::size_t>(list_.size) *
                  static_cast<std::size_t>(list_.size)),
      most_ready_(std::max<std::size_t>(ahead_bytes / item_bytes_, 256)), bad_(list_.files.size()) {
    const std::size_t slots = std::min<std::size_t>(memory / item_bytes_, list_.files.size());
    kept_ = torch::empty({static_cast<std::int64_t>(slots), list_.channels, list_.size, list_.size},
                         torch::kUInt8);
    for (int i = 0; i < threads; ++i)
        threads_.emplace_back([this] { work(); });
}

FolderSource::~FolderSource() {
    {
        const std::lock_guard lock(mutex_);
        closing_ = true;
    }
    work_waits_.notify_all();
    for (std::thread& thread : threads_)
        thread.join();
}

bool FolderSource::is_at_hand(std::int64_t index) const {
    return slot_of_.contains(index) || ready_.contains(index) || in_flight_.contains(index);
}

void FolderSource::work() {
    std::unique_lock lock(mutex_);
    for (;;) {
        work_waits_.wait(lock, [this] {
            return closing_ || (!queue_.empty() && ready_.size() + in_flight_.size() < most_ready_);
        });
        if (closing_) return;
        const std::int64_t index = queue_.front();
        queue_.pop_front();
        if (is_at_hand(index)) continue;
        in_flight_.insert(index);
        lock.unlock();
        Result<torch::Tensor> picture = decode(index);
        lock.lock();
        in_flight_.erase(index);
        // After a failure fetch() tries for itself, and reports it.
        if (picture) ready_.insert_or_assign(index, std::move(*picture));
        picture_came_.notify_all();
    }
}

void FolderSource::announce(const torch::Tensor& indices) {
    const torch::Tensor plain = indices.to(torch::kInt64).contiguous();
    {
        const std::lock_guard lock(mutex_);
        if (ready_.size() >= most_ready_) ready_.clear(); // announced, but never asked for
        const auto* index = plain.data_ptr<std::int64_t>();
        for (std::int64_t i = 0; i < plain.numel() && queue_.size() < most_ready_; ++i)
            if (!is_at_hand(index[i])) queue_.push_back(index[i]);
    }
    work_waits_.notify_all();
}

Result<torch::Tensor> FolderSource::fetch(const torch::Tensor& indices) {
    const torch::Tensor plain = indices.to(torch::kInt64).contiguous();
    const auto* index = plain.data_ptr<std::int64_t>();
    for (std::int64_t i = 0; i < plain.numel(); ++i)
        if (index[i] < 0 || index[i] >= size())
            throw std::out_of_range("FolderSource::fetch: no such picture");
    {
        const std::lock_guard lock(mutex_);
        for (std::int64_t i = plain.numel(); i-- > 0;) // what is needed now goes before what is announced
            if (!is_at_hand(index[i])) queue_.push_front(index[i]);
    }
    work_waits_.notify_all();
    torch::Tensor pictures =
        torch::empty({plain.numel(), list_.channels, list_.size, list_.size}, torch::kUInt8);
    auto* place = pictures.data_ptr<std::uint8_t>();
    for (std::int64_t i = 0; i < plain.numel(); ++i, place += item_bytes_) {
        const Result<torch::Tensor> picture = take(index[i]);
        if (!picture) return picture;
        std::memcpy(place, picture->data_ptr(), item_bytes_);
    }
    return pictures;
}

Result<torch::Tensor> FolderSource::take(std::int64_t index) {
    std::unique_lock lock(mutex_);
    picture_came_.wait(lock, [&] { return !in_flight_.contains(index); });
    if (const auto slot = slot_of_.find(index); slot != slot_of_.end()) return kept_[slot->second];
    torch::Tensor picture;
    if (const auto found = ready_.find(index); found != ready_.end()) {
        picture = std::move(found->second);
        ready_.erase(found);
        work_waits_.notify_one();
    } else {
        in_flight_.insert(index);
        lock.unlock();
        Result<torch::Tensor> decoded = decode(index);
        lock.lock();
        in_flight_.erase(index);
        picture_came_.notify_all();
        if (!decoded) return decoded;
        picture = std::move(*decoded);
    }
    const auto slot = static_cast<std::int64_t>(slot_of_.size());
    if (slot < kept_.size(0) && !slot_of_.contains(index)) {
        kept_[slot].copy_(picture);
        slot_of_.emplace(index, slot);
    }
    return picture;
}

bool FolderSource::may_stand_in(std::size_t candidate, std::size_t original) const {
    return list_.labels.empty() || list_.labels[candidate] == list_.labels[original];
}

Result<torch::Tensor> FolderSource::decode(std::int64_t index) {
    const auto original = static_cast<std::size_t>(index);
    const std::size_t count = list_.files.size();
    std::optional<Error> first_error;
    std::size_t attempts = 0;
    for (std::size_t step = 0; step < count && attempts < most_attempts; ++step) {
        const std::size_t candidate = (original + step) % count;
        if (!may_stand_in(candidate, original)) continue;
        {
            const std::lock_guard lock(mutex_);
            if (closing_ && attempts > 0) break;
            if (bad_[candidate]) continue;
        }
        ++attempts;
        Result<torch::Tensor> picture = read_listed(list_, candidate);
        if (picture) return picture;
        note_bad(candidate, picture.error().what);
        if (!first_error) first_error = picture.error();
    }
    if (first_error)
        return Error{
            fmt::format("{}, nor can {} others that could stand in for it", first_error->what, attempts - 1),
            first_error->where, "put the folder of pictures back, then resume"};
    return Error{"none of its pictures can be read any more", list_.folder.string(),
                 "put the folder of pictures back, then open it again"};
}

void FolderSource::note_bad(std::size_t index, const std::string& reason) {
    const std::lock_guard lock(mutex_);
    if (bad_[index]) return;
    bad_[index] = true;
    ++replaced_.count;
    if (replaced_.reasons.size() < most_reasons)
        replaced_.reasons.push_back(fmt::format("{}: {}", list_.files[index], reason));
}

PictureSource::Replaced FolderSource::replaced() const {
    const std::lock_guard lock(mutex_);
    return replaced_;
}

} // namespace ddpm::data
