#!/usr/bin/env python3
"""DDPM Lab beside plain PyTorch: the same nets, data shapes, batches, threads, one after the other in turns.

First it is made sure that both compute the same: equal numbers of parameters, equal predictions from equal weights.
Then every contender has a window in each round; the table tells the medians and the ratios to the fastest float32 peer
that runs eagerly. Needs PyTorch; what is measured is `ddpm-lab bench`.

    tests/benchmarks/peers/peers.py --program build/release/app/ddpm-lab --presets small,paper,points
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import torch
import torch.nn.functional as F

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import arrays  # noqa: E402
import nets  # noqa: E402


def say(*words):
    print(*words, file=sys.stderr, flush=True)


def run(program, *words):
    ended = subprocess.run([program, *map(str, words)], capture_output=True, text=True)
    if ended.returncode != 0:
        sys.exit(f"{program} {' '.join(map(str, words))}: {ended.stderr.strip()}")
    return ended.stdout


# Both compute the same -----------------------------------------------------------------------------------------------


def config_of(preset):
    s = nets.PRESETS[preset]
    levels = range(len(s["widths"]))
    return {
        "_class_name": "UNet2DModel", "_diffusers_version": "0.27.0", "act_fn": "silu", "add_attention": True,
        "attention_head_dim": None, "block_out_channels": s["widths"], "center_input_sample": False,
        "down_block_types": ["AttnDownBlock2D" if i in s["attention"] else "DownBlock2D" for i in levels],
        "up_block_types": ["AttnUpBlock2D" if i in s["attention"] else "UpBlock2D" for i in reversed(levels)],
        "downsample_padding": 0, "flip_sin_to_cos": False, "freq_shift": 1, "in_channels": s["channels"],
        "out_channels": s["channels"], "layers_per_block": s["layers"], "mid_block_scale_factor": 1, "norm_eps": 1e-6,
        "norm_num_groups": s["groups"], "resnet_time_scale_shift": "default", "sample_size": s["size"],
        "time_embedding_type": "positional",
    }


SCHEDULER = {
    "_class_name": "DDPMScheduler", "_diffusers_version": "0.27.0", "beta_end": 0.02, "beta_schedule": "linear",
    "beta_start": 0.0001, "clip_sample": True, "num_train_timesteps": 1000, "prediction_type": "epsilon",
    "trained_betas": None, "variance_type": "fixed_large",
}
INDEX = {"_class_name": "DDPMPipeline", "_diffusers_version": "0.27.0", "scheduler": ["diffusers", "DDPMScheduler"],
         "unet": ["diffusers", "UNet2DModel"]}


def make_same(program, preset, folder):
    """A net and a folder with its weights, which DDPM Lab can read."""
    net = nets.make(preset).eval()
    if preset == "points":
        model = folder / "points"
        run(program, "train", "--data", "two-moons", "--steps", 200, "--no-preview", "--quiet", "--out", model)
        newest = sorted((model / "checkpoints").glob("*.safetensors"))[-1]
        net.load_state_dict({name[4:]: tensor for name, tensor in arrays.read_safetensors(newest).items()
                             if name.startswith("ema.")})
        return net, model
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, parameter in net.named_parameters():
            scale = 0.1 if parameter.dim() == 1 else (parameter[0].numel()) ** -0.5
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
            if "norm" in name and name.endswith("weight"):
                parameter.add_(1)
    model = folder / preset
    for part, content in (("unet/config.json", config_of(preset)), ("model_index.json", INDEX),
                          ("scheduler/scheduler_config.json", SCHEDULER)):
        (model / part).parent.mkdir(parents=True, exist_ok=True)
        (model / part).write_text(json.dumps(content))
    arrays.write_safetensors(model / "unet/diffusion_pytorch_model.safetensors", net.state_dict())
    return net, model


def check_same(program, preset):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        net, model = make_same(program, preset, folder)
        generator = torch.Generator().manual_seed(2)
        s = nets.PRESETS[preset]
        shape = [3, 2] if preset == "points" else [3, s["channels"], s["size"], s["size"]]
        x, t = torch.randn(shape, generator=generator), [0, 99, 199]
        arrays.write_npy(folder / "x.npy", x)
        run(program, "predict", "--model", model, "--x", folder / "x.npy", "--t", ",".join(map(str, t)), "--out",
            folder / "y.npy")
        with torch.no_grad():
            expected = net(x, torch.tensor(t))
        got = arrays.read_npy(folder / "y.npy")
        error = ((got - expected).abs().max() / expected.abs().max()).item()
        assert expected.abs().max() > 1e-3 and error < 1e-4, f"{preset}: the predictions differ by {error}"
    parameters = sum(parameter.numel() for parameter in net.parameters())
    say(f"{preset}: {parameters:,} parameters, predictions differ by at most {error:.1e} of the largest value")
    return parameters


# PyTorch -------------------------------------------------------------------------------------------------------------


class Peer:
    """A plain training loop and Algorithm 2, as they are usually written."""

    def __init__(self, name, preset, device, channels_last=False, autocast=False, compiled=None):
        self.name, self.preset, self.device = name, preset, device
        s = nets.PRESETS[preset]
        self.batch = s["batch"]
        self.format = torch.channels_last if channels_last and preset != "points" else torch.contiguous_format
        self.net = nets.make(preset).to(device)
        if preset != "points":
            self.net = self.net.to(memory_format=self.format)
        self.average = [p.detach().clone() for p in self.net.parameters()]
        self.adam = torch.optim.Adam(self.net.parameters(), lr=2e-4)
        self.shape = [2] if preset == "points" else [s["channels"], s["size"], s["size"]]
        self.data = torch.rand([2048] + self.shape) * 2 - 1 if preset == "points" else \
            torch.randint(0, 256, [2048] + self.shape, dtype=torch.uint8)
        self.data = self.data.to(device)
        beta = torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64)
        alpha_bar = torch.cumprod(1 - beta, 0)
        before = torch.cat([torch.ones(1, dtype=torch.float64), alpha_bar[:-1]])
        tables = dict(signal=alpha_bar.sqrt(), noise=(1 - alpha_bar).sqrt(), sigma=beta.sqrt(),
                      of_x0=beta * before.sqrt() / (1 - alpha_bar),
                      of_xt=(1 - before) * (1 - beta).sqrt() / (1 - alpha_bar))
        self.tables = {name: table.float().to(device) for name, table in tables.items()}
        self.autocast = (lambda: torch.autocast(device, dtype=torch.bfloat16)) if autocast else contextlib.nullcontext
        self.forward = torch.compile(self.net, mode=compiled, dynamic=False) if compiled else self.net

    def at(self, table, t):
        return self.tables[table][t].view([-1] + [1] * len(self.shape))

    def as_input(self, x):
        return x.contiguous(memory_format=self.format) if x.dim() == 4 else x

    def train_step(self):
        x0 = self.data[torch.randint(0, len(self.data), [self.batch], device=self.device)]
        if x0.dtype == torch.uint8:
            x0 = x0.float() / 127.5 - 1
        t = torch.randint(0, 1000, [self.batch], device=self.device)
        noise = torch.randn_like(x0)
        x_t = self.as_input(self.at("signal", t) * x0 + self.at("noise", t) * noise)
        self.net.train()
        with self.autocast():
            output = self.forward(x_t, t)
        loss = F.mse_loss(output.float(), noise)
        self.adam.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self.adam.step()
        with torch.no_grad():
            torch._foreach_mul_(self.average, 0.9999)
            torch._foreach_add_(self.average, list(self.net.parameters()), alpha=0.0001)
        return self.batch

    @torch.no_grad()
    def sample_step(self, chains):
        if getattr(self, "x", None) is None or len(self.x) != chains or self.t == 0:
            self.x, self.t = self.as_input(torch.randn([chains] + self.shape, device=self.device)), 999
        self.net.eval()
        t = torch.full([chains], self.t, device=self.device)
        with self.autocast():
            epsilon = self.forward(self.x, t)
        epsilon = epsilon.float()
        x0 = ((self.x - self.at("noise", t) * epsilon) / self.at("signal", t)).clamp(-1, 1)
        mean = self.at("of_x0", t) * x0 + self.at("of_xt", t) * self.x
        self.x = mean + self.at("sigma", t) * torch.randn_like(self.x)
        self.t -= 1
        return chains

    def window(self, seconds, chains):
        """Items a second of training (chains = 0) or sampling."""
        step = (lambda: self.sample_step(chains)) if chains else self.train_step
        for _ in range(3 if self.device == "cuda" else 1):  # a graph is recorded in the third
            step()
        self.settle()
        start, items = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            items += step()
        self.settle()
        return items / (time.perf_counter() - start)

    def settle(self):
        if self.device == "cuda":
            torch.cuda.synchronize()


class Ours:
    def __init__(self, program, preset, device, precision, threads):
        self.name, self.precision = f"DDPM Lab {precision}", precision
        self.words = [program, "bench", "--preset", preset, "--precision", precision, "--device", device, "--threads",
                      threads, "--batch", nets.PRESETS[preset]["batch"], "--windows", 1, "--json", "--quiet"]

    def can(self):
        """Points in bf16 only where the processor multiplies it; else the program takes fp32."""
        report = json.loads(run(*self.words, "--seconds", 0.01, "--part", "training"))
        return report["precision"] == self.precision

    def window(self, seconds, chains):
        words = self.words + ["--seconds", seconds]
        words += ["--part", "sampling", "--chains", chains] if chains else ["--part", "training"]
        report = json.loads(run(*words))
        self.parameters = report["parameters"]
        return (report["sampling"][0]["image_steps_per_second"] if chains
                else report["training_images_per_second"])["median"]


def contenders(options, preset):
    cuda = options.device == "cuda"
    peers = [Peer("eager", preset, options.device)]
    if preset != "points":
        peers.append(Peer("eager, channels last", preset, options.device, channels_last=True))
    if options.autocast or cuda:
        peers.append(Peer("eager, channels last, bf16 autocast" if preset != "points" else "eager, bf16 autocast", preset,
                          options.device, channels_last=True, autocast=True))
    if options.compiled and hasattr(torch, "compile"):
        mode = options.compiled
        if not cuda:
            peers.append(Peer("compiled", preset, options.device, channels_last=True, compiled=mode))
        else:
            peers.append(Peer("compiled, bf16 autocast", preset, options.device, channels_last=True, autocast=True,
                              compiled=mode))
    ours = [Ours(options.program, preset, options.device, precision, options.threads) for precision in ("fp32", "bf16")]
    return peers, [one for one in ours if one.can()]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default="build/release/app/ddpm-lab")
    parser.add_argument("--presets", default="small,paper,points")
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--batch", type=int, help="of training, instead of the preset's")
    parser.add_argument("--seconds", type=float, default=4, help="of one window")
    parser.add_argument("--chains", default="64", help="how many are sampled at once: 1,64,256")
    parser.add_argument("--autocast", action="store_true", help="on the CPU too: eager peers in bfloat16")
    parser.add_argument("--compiled", metavar="MODE", help="torch.compile, where there is one: default, reduce-overhead "
                        "or max-autotune (which tries kernels for minutes)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.batch:
        for preset in nets.PRESETS.values():
            preset["batch"] = options.batch
    if options.device == "cuda":
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = True
        torch.backends.cudnn.benchmark = True

    print(f"PyTorch {torch.__version__}, {options.threads} threads, {options.device}; medians of {options.rounds} "
          f"windows of {options.seconds:g} s, in turns\n")
    print("| net | | " + "contender | per second | ratio to the fastest float32 peer |")
    print("|---|---|---|--:|--:|")
    for preset in options.presets.split(","):
        parameters = check_same(options.program, preset)
        peers, ours = contenders(options, preset)
        for chains in [0] + [int(n) for n in options.chains.split(",")]:
            rates = {contender.name: [] for contender in peers + ours}
            for _ in range(options.rounds):
                for contender in peers + ours:
                    rates[contender.name].append(contender.window(options.seconds, chains))
                    say(f"  {preset} {'sampling ' + str(chains) if chains else 'training'}: {contender.name} "
                        f"{rates[contender.name][-1]:.1f}/s")
            assert all(contender.parameters == parameters for contender in ours), "the nets differ in size"
            medians = {name: statistics.median(values) for name, values in rates.items()}
            best = max(value for name, value in medians.items()
                       if name.startswith("eager") and "bf16" not in name)
            what = f"sampling, {chains} at once" if chains else f"training, batch {nets.PRESETS[preset]['batch']}"
            for name, value in medians.items():
                print(f"| {preset} | {what} | {name} | {value:,.1f} | {value / best:.2f} |", flush=True)


if __name__ == "__main__":
    main()
