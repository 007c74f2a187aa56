// A recorded chain on its way into files: films, numbered pictures, strips.
#pragma once

#include "ddpm/chain_record.h"
#include "ddpm/command.h"
#include "ddpm/result.h"
#include "formats/movie.h"
#include "runtime/job.h"

#include <memory>
#include <optional>
#include <string>

namespace ddpm::runtime {

class ChainExport final : public Job {
public:
    /// What the record holds now; `settings` (JSON) goes into PNGs. An error if the command does not fit the
    /// record or the place cannot be used.
    static Result<std::unique_ptr<ChainExport>> start(std::shared_ptr<const ChainRecord> record,
                                                      ExportChain command, std::string settings);
    /// Removes what is not complete.
    ~ChainExport() override;

    /// One picture. The file is there, under its name, when this says done and error() is empty.
    Progress advance() override;

    double done() const { return static_cast<double>(next_) / static_cast<double>(frames_); } ///< 0…1
    const std::optional<Error>& error() const { return error_; }
    const ExportChain& command() const { return command_; }

private:
    ChainExport(std::shared_ptr<const ChainRecord> record, ExportChain command, std::string settings);
    int state_at(int frame) const;
    Result<PictureStack> frame(int index) const;
    Status add_to_film(int index);
    Status write_numbered(int index);
    Status write_strip();
    Status complete();

    std::shared_ptr<const ChainRecord> record_;
    ExportChain command_;
    std::string settings_;
    int states_;     ///< of the record, when it began
    int frames_ = 1; ///< calls of advance()
    int next_ = 0;
    std::unique_ptr<formats::MovieWriter> film_;
    std::filesystem::path unfinished_; ///< folder of numbered pictures until it is renamed
    std::optional<Error> error_;
};

} // namespace ddpm::runtime
