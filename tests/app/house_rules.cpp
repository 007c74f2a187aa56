#include "house_rules.h"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <sstream>

namespace ddpm::test {
namespace {

namespace fs = std::filesystem;
using Names = std::set<std::string, std::less<>>;
constexpr int longest_file = 500;

// Engine rooms and what each may include besides itself. Who is missing here may not exist.
const std::map<std::string, Names, std::less<>> engine_arrows{
    {"ddpm", {}},
    {"compat", {"ddpm"}},
    {"diffusion", {"ddpm", "compat"}},
    {"network", {"ddpm", "compat"}},
    {"data", {"ddpm", "compat"}},
    {"formats", {"ddpm", "compat"}},
    {"training", {"ddpm", "compat", "diffusion", "network", "data", "formats"}},
    {"runtime", {"ddpm", "compat", "diffusion", "network", "data", "formats", "training"}},
};

// Folders of the window and what each must not know.
const std::map<std::string, Names, std::less<>> ui_forbidden{
    {"theme", {"bridge", "views", "stages", "lessons", "window"}},
    {"views", {"bridge", "stages", "lessons", "window"}},
    {"bridge", {"theme", "views", "stages", "lessons", "window"}},
    {"stages", {"window"}},
    {"lessons", {"window"}},
    {"window", {}},
};

std::vector<std::string> parts_of(std::string_view path) {
    std::vector<std::string> parts;
    for (const fs::path& part : fs::path(path))
        parts.push_back(part.string());
    return parts;
}

bool is_qt(const std::string& header) {
    static const std::regex pattern("^(Q[A-Za-z0-9]+(/.*)?|qcustomplot.*|q[a-z]+\\.h)$");
    return std::regex_match(header, pattern);
}

bool starts_with_any(const std::string& header, std::initializer_list<const char*> prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(),
                       [&](const char* p) { return header.starts_with(p); });
}

bool is_tensor_library(const std::string& header) {
    return starts_with_any(header, {"torch/", "ATen/", "c10/", "caffe2/", "opencv2/", "cuda"});
}

bool is_standard_cpp(const std::string& header) {
    return header.find('/') == std::string::npos && header.find('.') == std::string::npos && !is_qt(header);
}

/// Why engine/<room> must not include this; empty if it may.
std::string engine_fault(const std::string& room, const std::string& header, bool angle) {
    const auto arrows = engine_arrows.find(room);
    if (arrows == engine_arrows.end()) return "the room engine/" + room + " is not in the house's plan";
    if (is_qt(header)) return "the engine knows nothing of Qt";
    const std::string target = parts_of(header).front();
    if (target == "ui" || target == "app" || ui_forbidden.contains(target))
        return "the engine knows nothing of the window";
    if (room == "ddpm") {
        if (angle && !is_standard_cpp(header)) return "engine/ddpm uses the standard library only";
        if (!angle && target != "ddpm" && header.find('/') != std::string::npos)
            return "engine/ddpm includes no other room";
    }
    if (engine_arrows.contains(target) && header.find('/') != std::string::npos && target != room &&
        !arrows->second.contains(target))
        return "engine/" + room + " must not include engine/" + target;
    return {};
}

std::string ui_fault(const std::string& folder, const std::string& header) {
    if (is_tensor_library(header)) return "the window never meets tensors: only engine/ddpm";
    std::vector<std::string> parts = parts_of(header);
    if (parts.front() == "ui") parts.erase(parts.begin());
    if (parts.size() < 2) return {};
    const std::string& target = parts.front();
    if (engine_arrows.contains(target) && target != "ddpm")
        return "of the engine the window may include only ddpm/";
    if (target == "app") return "the window does not know the program around it";
    const auto forbidden = ui_forbidden.find(folder);
    if (forbidden != ui_forbidden.end() && forbidden->second.contains(target))
        return "ui/" + folder + " must not include ui/" + target;
    return {};
}

std::string read_text(const fs::path& file) {
    std::ifstream stream(file, std::ios::binary);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
}

bool is_build_file(const fs::path& relative) {
    const std::string top = relative.begin()->string();
    return relative.filename() == "CMakeLists.txt" || relative.filename() == "CMakePresets.json" ||
           relative.extension() == ".cmake" || top == ".ci" || top == "README.md" ||
           top == "CONTRIBUTING.md" || (top == "packaging" && relative.filename() != "dependencies");
}

} // namespace

std::vector<std::string> check_source(std::string_view path, std::string_view text) {
    static const std::regex include_line(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
    std::vector<std::string> faults;
    const std::vector<std::string> parts = parts_of(path);
    const std::string room = parts.size() > 2 ? parts[1] : "";
    std::istringstream stream{std::string(text)};
    int number = 0;
    for (std::string line; std::getline(stream, line);) {
        ++number;
        const auto fault = [&](const std::string& why) {
            faults.push_back(std::string(path) + ":" + std::to_string(number) + ": " + why);
        };
        if (line.find("TORCH_VERSION_M") != std::string::npos && room != "compat")
            fault("differences between LibTorch versions belong into engine/compat");
        std::smatch match;
        if (!std::regex_search(line, match, include_line)) continue;
        const bool angle = match[1] == "<";
        const std::string header = match[2];
        if (!angle && header.starts_with("../")) {
            fault("write the path from the room's name on, not from here upwards");
            continue;
        }
        std::string why;
        if (parts.front() == "engine") why = engine_fault(room, header, angle);
        if (parts.front() == "ui") why = ui_fault(room, header);
        if (!why.empty()) fault(why + " (" + header + ")");
    }
    if (number > longest_file)
        faults.push_back(std::string(path) + ":" + std::to_string(number) + ": more than " +
                         std::to_string(longest_file) + " lines: these are two subjects");
    return faults;
}

std::vector<std::string> packages_named_in(std::string_view text, const std::vector<std::string>& packages) {
    static const std::regex distinctive("^(lib.*|.*-dev|fonts-.*|dataset-.*|qt6-.*)$");
    std::vector<std::string> found;
    for (const std::string& package : packages) {
        if (!std::regex_match(package, distinctive)) continue;
        for (std::size_t at = text.find(package); at != std::string_view::npos;
             at = text.find(package, at + 1)) {
            const auto part_of_name = [](char c) {
                return std::isalnum(static_cast<unsigned char>(c)) || c == '-';
            };
            const std::size_t end = at + package.size();
            if (at > 0 && part_of_name(text[at - 1])) continue;
            if (end < text.size() && part_of_name(text[end])) continue;
            found.push_back(package);
            break;
        }
    }
    return found;
}

std::vector<std::string> read_dependencies(const fs::path& file) {
    std::vector<std::string> packages;
    std::ifstream stream(file);
    for (std::string line; std::getline(stream, line);)
        if (!line.empty() && line.front() != '#') packages.push_back(line);
    return packages;
}

std::vector<std::string> check_tree(const fs::path& root, int& files) {
    std::vector<std::string> faults;
    files = 0;
    for (const char* top : {"engine", "ui", "app"}) {
        for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
            const std::string extension = entry.path().extension().string();
            if (extension != ".h" && extension != ".cpp" && extension != ".cu") continue;
            ++files;
            const auto found =
                check_source(fs::relative(entry.path(), root).generic_string(), read_text(entry.path()));
            faults.insert(faults.end(), found.begin(), found.end());
        }
    }
    const std::vector<std::string> packages = read_dependencies(root / "packaging" / "dependencies");
    for (const auto& top : fs::directory_iterator(root)) {
        const std::string name = top.path().filename().string();
        if (name == ".git" || name.starts_with("build") || name == "runs") continue;
        std::vector<fs::path> candidates;
        if (top.is_directory())
            for (const auto& entry : fs::recursive_directory_iterator(top))
                candidates.push_back(entry.path());
        else
            candidates.push_back(top.path());
        for (const fs::path& candidate : candidates) {
            const fs::path relative = fs::relative(candidate, root);
            if (!fs::is_regular_file(candidate) || !is_build_file(relative)) continue;
            for (const std::string& package : packages_named_in(read_text(candidate), packages))
                faults.push_back(relative.generic_string() + ": names the package " + package +
                                 ", which belongs into packaging/dependencies alone");
        }
    }
    return faults;
}

} // namespace ddpm::test
