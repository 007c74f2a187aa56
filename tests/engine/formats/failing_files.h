// File systems that fail, or die, at the n-th call.
#pragma once

#include "formats/atomic_file.h"

#include <cerrno>
#include <csignal>
#include <functional>
#include <memory>
#include <sys/wait.h>
#include <unistd.h>

/// Counts the calls of a save; at call `n` (from 1) `at_n` is run, and if it returns true the call fails with
/// `code`. A failing write has written half of its bytes before.
class CountedFiles {
public:
    CountedFiles(int n, int code, std::function<bool()> at_n) : n_(n), code_(code), at_n_(std::move(at_n)) {
        using ddpm::formats::FileSystem;
        const FileSystem real = FileSystem::real();
        table_.open = [=, this](const char* path, int flags, mode_t mode) {
            return fails() ? fail() : real.open(path, flags, mode);
        };
        table_.write = [=, this](int file, const void* bytes, std::size_t size) -> ssize_t {
            if (!fails()) return real.write(file, bytes, size);
            [[maybe_unused]] const ssize_t half = real.write(file, bytes, size / 2);
            return fail();
        };
        table_.fsync = [=, this](int file) { return fails() ? fail() : real.fsync(file); };
        table_.close = [=, this](int file) {
            const bool failing = fails();
            const int result = real.close(file);
            return failing ? fail() : result;
        };
        table_.rename = [=, this](const char* from, const char* to) {
            return fails() ? fail() : real.rename(from, to);
        };
        table_.mkdir = [=, this](const char* path, mode_t mode) {
            return fails() ? fail() : real.mkdir(path, mode);
        };
        table_.unlink = [=, this](const char* path) {
            if (!fails()) return real.unlink(path);
            failed_at_unlink_ = true;
            return fail();
        };
        scope_ = std::make_unique<ddpm::formats::ScopedFileSystem>(table_);
    }
    CountedFiles(const CountedFiles&) = delete;
    CountedFiles& operator=(const CountedFiles&) = delete;

    bool reached() const { return calls_ >= n_; }
    bool failed_at_unlink() const { return failed_at_unlink_; }

private:
    bool fails() { return ++calls_ == n_ && at_n_(); }
    int fail() const {
        errno = code_;
        return -1;
    }

    int n_;
    int code_;
    std::function<bool()> at_n_;
    int calls_ = 0;
    bool failed_at_unlink_ = false;
    ddpm::formats::FileSystem table_;
    std::unique_ptr<ddpm::formats::ScopedFileSystem> scope_;
};

/// Runs `save` in a process of its own that is killed at its n-th call; true while there was an n-th call.
inline bool killed_at(int n, const std::function<void()>& save) {
    const pid_t child = fork();
    if (child == 0) {
        const CountedFiles files(n, EIO, [] {
            ::kill(::getpid(), SIGKILL);
            return true;
        });
        save();
        ::_exit(0);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}
