// A piece of work in bounded slices; knows no thread.
#pragma once

namespace ddpm::runtime {

enum class Progress { more, done };

class Job {
public:
    virtual ~Job() = default;
    /// One bounded slice. May throw; the engine thread catches and drops the job.
    virtual Progress advance() = 0;
};

} // namespace ddpm::runtime
