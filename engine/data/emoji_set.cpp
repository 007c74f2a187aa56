#include "data/emoji_set.h"

#include "data/picture_file.h"

#include <fmt/format.h>

#include <fstream>
#include <optional>
#include <sstream>

namespace ddpm::data {
namespace {

struct EmojiList {
    std::int64_t count = 0, side = 0, columns = 0;
    std::vector<std::string> class_names;
    std::vector<std::int64_t> chosen, labels; ///< of the split: places in the large picture, classes
};

std::optional<EmojiList> parse_list(std::istream& stream, const std::string& wanted_split) {
    EmojiList list;
    std::string line, word;
    std::getline(stream, line);
    std::istringstream first(line);
    int version = 0;
    if (!(first >> word >> version >> list.count >> list.side >> list.columns)) return std::nullopt;
    const auto sane = [](std::int64_t value) { return value > 0 && value <= 100'000; };
    if (word != "emoji" || version != 1 || !sane(list.count) || !sane(list.side) || !sane(list.columns))
        return std::nullopt;
    std::int64_t place = 0;
    while (std::getline(stream, line)) {
        std::istringstream words(line);
        words >> word;
        if (word == "class") {
            list.class_names.push_back(line.substr(line.find(' ') + 1));
            continue;
        }
        std::int64_t label = -1;
        if (!(words >> label) || label < 0 || label >= static_cast<std::int64_t>(list.class_names.size()))
            return std::nullopt;
        if (word == wanted_split) {
            list.chosen.push_back(place);
            list.labels.push_back(label);
        }
        ++place;
    }
    if (place != list.count || list.chosen.empty()) return std::nullopt;
    return list;
}

} // namespace

Result<Dataset> open_emoji(const std::filesystem::path& folder, bool test_split) {
    const std::filesystem::path list_file = folder / "emoji.txt", picture_file = folder / "emoji.webp";
    const std::string remedy =
        "it comes with the program: install it again, or check the folder of resources";
    std::ifstream stream(list_file);
    if (!stream) return Error{"the list of the emoji is missing", list_file.string(), remedy};
    std::optional<EmojiList> list = parse_list(stream, test_split ? "test" : "train");
    if (!list) return Error{"it is not the list of the emoji", list_file.string(), remedy};
    const Result<cv::Mat> whole = decode_picture(picture_file, 3);
    if (!whole) return Error{whole.error().what, whole.error().where, remedy};
    const std::int64_t side = list->side, columns = list->columns;
    const std::int64_t rows = (list->count + columns - 1) / columns;
    if (whole->rows != rows * side || whole->cols != columns * side)
        return Error{fmt::format("it has {}×{} pixels, not {}×{}", whole->cols, whole->rows, columns * side,
                                 rows * side),
                     picture_file.string(), remedy};
    const torch::Tensor pixels = torch::from_blob(whole->data, {rows, side, columns, side, 3}, torch::kUInt8);
    const torch::Tensor places = torch::tensor(list->chosen, torch::kInt64);
    Dataset set{
        "Emoji",
        pixels.permute({0, 2, 4, 1, 3}).reshape({rows * columns, 3, side, side}).index_select(0, places),
        torch::tensor(list->labels, torch::kInt64), static_cast<int>(list->class_names.size())};
    set.class_names = std::move(list->class_names);
    return set;
}

} // namespace ddpm::data
