// Columns of numbers under names, as they are taken away: what a plot shows, as CSV.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace ddpm {

struct NumberColumn {
    std::string name; ///< the heading; with its unit where it has one: "seconds"
    /// One value a row. Nothing: there is none in this row. A column may end before the others.
    std::vector<std::optional<double>> values;
};

/// A heading row and a row for each place, lines ended by \n. As many digits as bring the same double back;
/// "nan", "inf" and "-inf" for what is no number, an empty cell where there is no value.
std::string to_csv(const std::vector<NumberColumn>& columns);

} // namespace ddpm
