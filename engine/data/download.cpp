#include "data/download.h"

#include <fmt/format.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <curl/curl.h>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <unistd.h>

namespace ddpm::data {
namespace {

constexpr long http_partial = 206, http_not_satisfiable = 416;
constexpr int most_attempts = 10;

struct CloseCurl {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};

/// What the callbacks of one transfer need and what they found.
struct Transfer {
    CURL* handle = nullptr;
    int file = -1;
    std::uint64_t have = 0; ///< bytes in the file
    std::uint64_t size = 0; ///< wanted in the end
    const std::function<bool(std::uint64_t)>* watch = nullptr;
    bool started = false, too_long = false, wrong_part = false;
    std::optional<std::uint64_t> range_start; ///< of Content-Range
    int write_error = 0;
};

/// Before the first byte: does the server go on where we asked it to, or start again?
bool prepare(Transfer& transfer) {
    transfer.started = true;
    long code = 0;
    curl_easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &code);
    if (code == http_partial) {
        transfer.wrong_part = transfer.range_start != transfer.have;
        return !transfer.wrong_part;
    }
    transfer.have = 0;
    if (ftruncate(transfer.file, 0) == 0 && lseek(transfer.file, 0, SEEK_SET) == 0) return true;
    transfer.write_error = errno;
    return false;
}

std::size_t take_bytes(char* bytes, std::size_t, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    if (!transfer.started && !prepare(transfer)) return 0;
    if (count > transfer.size - transfer.have) {
        transfer.too_long = true;
        return 0;
    }
    for (std::size_t done = 0; done < count;) {
        const ssize_t wrote = write(transfer.file, bytes + done, count - done);
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) {
            transfer.write_error = wrote < 0 ? errno : ENOSPC;
            return 0;
        }
        done += static_cast<std::size_t>(wrote);
        transfer.have += static_cast<std::uint64_t>(wrote);
    }
    return count;
}

std::size_t take_header(char* bytes, std::size_t, std::size_t count, void* user) {
    auto& transfer = *static_cast<Transfer*>(user);
    const std::string_view line(bytes, count), name = "content-range:";
    if (line.starts_with("HTTP/")) transfer.range_start.reset(); // a new answer, after a redirection
    if (line.size() <= name.size() || strncasecmp(line.data(), name.data(), name.size()) != 0) return count;
    const std::size_t digits = line.find_first_of("0123456789");
    std::uint64_t start = 0;
    if (digits != std::string_view::npos &&
        std::from_chars(line.data() + digits, line.data() + line.size(), start).ec == std::errc())
        transfer.range_start = start;
    return count;
}

int report(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
    const auto& transfer = *static_cast<Transfer*>(user);
    return *transfer.watch && !(*transfer.watch)(transfer.have) ? 1 : 0;
}

/// curl's answer; the transfer says more.
CURLcode perform(const std::string& address, Transfer& transfer, long& code) {
    const std::unique_ptr<CURL, CloseCurl> handle(curl_easy_init());
    if (!handle) return CURLE_FAILED_INIT;
    transfer.handle = handle.get();
    transfer.started = false;
    transfer.range_start.reset();
    const auto set = [&](CURLoption option, auto value) { curl_easy_setopt(handle.get(), option, value); };
    const std::string range = fmt::format("{}-", transfer.have);
    set(CURLOPT_URL, address.c_str());
    set(CURLOPT_USERAGENT, "ddpm-lab");
    if (transfer.have > 0) set(CURLOPT_RANGE, range.c_str());
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    set(CURLOPT_FOLLOWLOCATION, 1L);
    set(CURLOPT_MAXREDIRS, 5L);
    set(CURLOPT_FAILONERROR, 1L);
    set(CURLOPT_NOSIGNAL, 1L); // no signals: other threads are at work
    set(CURLOPT_CONNECTTIMEOUT, 30L);
    set(CURLOPT_LOW_SPEED_LIMIT, 1L); // nothing at all for a minute
    set(CURLOPT_LOW_SPEED_TIME, 60L);
    set(CURLOPT_WRITEFUNCTION, &take_bytes);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_HEADERFUNCTION, &take_header);
    set(CURLOPT_HEADERDATA, &transfer);
    set(CURLOPT_XFERINFOFUNCTION, &report);
    set(CURLOPT_XFERINFODATA, &transfer);
    set(CURLOPT_NOPROGRESS, 0L);
    const CURLcode result = curl_easy_perform(handle.get());
    curl_easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &code);
    return result;
}

bool start_again(Transfer& transfer) {
    transfer.have = 0;
    return ftruncate(transfer.file, 0) == 0 && lseek(transfer.file, 0, SEEK_SET) == 0;
}

} // namespace

Status download(const std::string& address, std::uint64_t size, int file,
                const std::function<bool(std::uint64_t)>& watch) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    Transfer transfer;
    transfer.file = file;
    transfer.size = size;
    transfer.watch = &watch;
    const off_t end = lseek(file, 0, SEEK_END);
    if (end < 0)
        return Error{"what is there already cannot be read", address, "check that you may write there"};
    transfer.have = static_cast<std::uint64_t>(end);
    if (transfer.have > size && !start_again(transfer))
        return Error{"what is there already cannot be replaced", address, "check that you may write there"};
    for (int attempt = 1; transfer.have < size; ++attempt) {
        const std::uint64_t before = transfer.have;
        long code = 0;
        const CURLcode result = perform(address, transfer, code);
        if (transfer.write_error != 0)
            return Error{fmt::format("what comes cannot be written: {}", std::strerror(transfer.write_error)),
                         address, "make space, then fetch it again: it goes on where it stopped"};
        if (result == CURLE_ABORTED_BY_CALLBACK)
            return Error{"fetching it was cancelled", address, "fetch it again: it goes on where it stopped"};
        if (transfer.wrong_part) {
            (void)start_again(transfer);
            return Error{"the server sends another part of the file than was asked for", address,
                         "fetch it again: it starts afresh"};
        }
        if (transfer.too_long)
            return Error{fmt::format("the server sends more than the {} bytes that it should have", size),
                         address, "the file there has changed: look for a newer version of this program"};
        if (code == http_not_satisfiable && before > 0 && attempt < most_attempts && start_again(transfer))
            continue;
        if (result == CURLE_HTTP_RETURNED_ERROR)
            return Error{fmt::format("the server answers with the error {}", code), address,
                         code >= 500 ? "try again later" : "look whether the address still holds the file"};
        if (transfer.have == size) break;
        // A line that was cut after something came is worth another try at once.
        if (transfer.have > before && attempt < most_attempts) continue;
        if (result != CURLE_OK)
            return Error{curl_easy_strerror(result), address,
                         "check the network, then fetch it again: it goes on where it stopped"};
        return Error{fmt::format("it ended after {} of {} bytes", transfer.have, size), address,
                     "try again later, or look whether the address still holds the file"};
    }
    return Done{};
}

} // namespace ddpm::data
