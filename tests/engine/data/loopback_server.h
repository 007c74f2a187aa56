// A web server on this machine, for one file, that misbehaves when it is told to.
#pragma once

#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

/// How one request is answered.
struct Answer {
    int status = 200;             ///< 200 becomes 206 where a range is asked for
    std::int64_t cut_after = -1;  ///< bytes of the body, then the line is cut
    bool knows_ranges = true;     ///< else the whole file is sent
    std::int64_t range_shift = 0; ///< sends a part that starts elsewhere
    bool slow = false;            ///< a few bytes every few milliseconds
    std::string to = {};          ///< address it redirects to
};

class LoopbackServer {
public:
    /// The n-th request gets the n-th answer, the last one from then on.
    LoopbackServer(std::string body, std::vector<Answer> answers)
        : body_(std::move(body)), answers_(std::move(answers)) {
        listener_ = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
        socklen_t length = sizeof address;
        getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
        port_ = ntohs(address.sin_port);
        listen(listener_, 8);
        thread_ = std::thread([this] { serve(); });
    }
    ~LoopbackServer() {
        closing_ = true;
        shutdown(listener_, SHUT_RDWR);
        thread_.join();
        close(listener_);
    }
    LoopbackServer(const LoopbackServer&) = delete;
    LoopbackServer& operator=(const LoopbackServer&) = delete;

    std::string address() const { return "http://127.0.0.1:" + std::to_string(port_) + "/set.tar.gz"; }
    /// Where each request so far wanted the file to start.
    std::vector<std::int64_t> starts() const {
        const std::lock_guard lock(mutex_);
        return starts_;
    }

private:
    void serve() {
        while (!closing_) {
            const int line = accept(listener_, nullptr, nullptr);
            if (line < 0) return;
            answer(line);
            close(line);
        }
    }
    void answer(int line) {
        std::string request;
        char piece[1024];
        while (request.find("\r\n\r\n") == std::string::npos) {
            const ssize_t got = recv(line, piece, sizeof piece, 0);
            if (got <= 0) return;
            request.append(piece, static_cast<std::size_t>(got));
        }
        const std::size_t range = request.find("Range: bytes=");
        std::int64_t start = range == std::string::npos ? 0 : std::stoll(request.substr(range + 13));
        Answer how;
        {
            const std::lock_guard lock(mutex_);
            how = answers_[std::min(starts_.size(), answers_.size() - 1)];
            starts_.push_back(start);
        }
        const auto size = static_cast<std::int64_t>(body_.size());
        std::string head, body;
        if (!how.to.empty()) {
            head = "HTTP/1.1 302 Found\r\nLocation: " + how.to + "\r\n";
        } else if (how.status != 200) {
            body = "an error page";
            head = "HTTP/1.1 " + std::to_string(how.status) + " No\r\n";
        } else if (range != std::string::npos && how.knows_ranges) {
            if (start >= size) {
                head = "HTTP/1.1 416 No\r\n";
            } else {
                start += how.range_shift;
                body = body_.substr(static_cast<std::size_t>(start));
                head = "HTTP/1.1 206 Part\r\nContent-Range: bytes " + std::to_string(start) + "-" +
                       std::to_string(size - 1) + "/" + std::to_string(size) + "\r\n";
            }
        } else {
            body = body_;
            head = "HTTP/1.1 200 Good\r\n";
        }
        send_all(line,
                 head + "Content-Length: " + std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n");
        if (how.cut_after >= 0) body.resize(std::min(body.size(), static_cast<std::size_t>(how.cut_after)));
        if (!how.slow) {
            send_all(line, body);
            return;
        }
        for (std::size_t at = 0; at < body.size() && !closing_; at += 100) {
            if (!send_all(line, body.substr(at, 100))) return;
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
    }
    static bool send_all(int line, const std::string& bytes) {
        for (std::size_t done = 0; done < bytes.size();) {
            const ssize_t sent = send(line, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
            if (sent <= 0) return false;
            done += static_cast<std::size_t>(sent);
        }
        return true;
    }

    std::string body_;
    std::vector<Answer> answers_;
    int listener_ = -1;
    int port_ = 0;
    std::atomic<bool> closing_{false};
    mutable std::mutex mutex_;
    std::vector<std::int64_t> starts_;
    std::thread thread_;
};
