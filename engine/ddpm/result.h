// What can go wrong and how it is said: what, where, and what to do about it.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace ddpm {

/// An expected failure, in words for the person in front of the screen.
struct Error {
    std::string what;   ///< what happened: "the header says 9 GB, the file has 1 MB"
    std::string where;  ///< a file, a setting, a device; may be empty
    std::string remedy; ///< what to do: "download it again: it looks cut off"

    /// One line: "where: what. remedy".
    std::string line() const;
};

/// One thing wrong with a settings struct. `field` is the name in config.h ("training.batch_size").
struct Problem {
    std::string field;
    std::string what;
    std::string remedy;
};

/// All problems as one Error; call only with a non-empty list.
Error to_error(const std::vector<Problem>& problems, const std::string& where);

/// A value or the reason why there is none.
template <typename T>
class [[nodiscard]] Result {
public:
    Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}     // NOLINT: implicit on purpose
    Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {} // NOLINT: implicit on purpose

    bool ok() const { return state_.index() == 0; }
    explicit operator bool() const { return ok(); }

    T& value() & { return std::get<0>(state_); }
    const T& value() const& { return std::get<0>(state_); }
    T&& value() && { return std::get<0>(std::move(state_)); }
    T& operator*() & { return value(); }
    const T& operator*() const& { return value(); }
    T* operator->() { return &value(); }
    const T* operator->() const { return &value(); }

    const Error& error() const { return std::get<1>(state_); }

private:
    std::variant<T, Error> state_;
};

/// Success without a value.
struct Done {};
using Status = Result<Done>;

} // namespace ddpm
