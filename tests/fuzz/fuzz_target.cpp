// The entry of a libFuzzer target; DDPM_FUZZ_PARSER is the name of its parser.
#include "fuzz/parsers.h"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const ddpm::fuzz::Parser& parser = ddpm::fuzz::parser(DDPM_FUZZ_PARSER);
    const std::string fault = parser.run({reinterpret_cast<const char*>(data), size});
    if (fault.empty()) return 0;
    std::fprintf(stderr, "%s: %s\n", parser.name, fault.c_str());
    std::abort();
}
