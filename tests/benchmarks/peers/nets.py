"""The nets of DDPM Lab's presets, written plainly in PyTorch with diffusers' parameter names."""

import math

import torch
import torch.nn.functional as F
from torch import nn

PRESETS = {
    "tiny": dict(channels=1, size=28, widths=[16, 32, 64], attention=[2], layers=1, groups=8, dropout=0.0, batch=32),
    "small": dict(channels=1, size=32, widths=[32, 64, 64], attention=[1], layers=1, groups=32, dropout=0.0, batch=64),
    "paper": dict(channels=3, size=32, widths=[128, 256, 256, 256], attention=[1], layers=2, groups=32, dropout=0.1,
                  batch=8),
    "points": dict(hidden=128, layers=3, embedding=64, batch=512),
}


def sinusoids(t, dim):
    half = dim // 2
    frequencies = torch.exp(-math.log(10000) * torch.arange(half, device=t.device, dtype=torch.float32) / (half - 1))
    angles = t.float()[:, None] * frequencies[None]
    return torch.cat([angles.sin(), angles.cos()], dim=1)


class GroupNorm(nn.GroupNorm):
    def forward(self, x):
        # Under autocast some versions refuse bfloat16 pictures beside float32 weights.
        return super().forward(x.to(self.weight.dtype))


class Resnet(nn.Module):
    def __init__(self, cin, cout, time, groups, dropout):
        super().__init__()
        self.norm1 = GroupNorm(groups, cin, eps=1e-6)
        self.conv1 = nn.Conv2d(cin, cout, 3, padding=1)
        self.time_emb_proj = nn.Linear(time, cout)
        self.norm2 = GroupNorm(groups, cout, eps=1e-6)
        self.dropout = nn.Dropout(dropout)
        self.conv2 = nn.Conv2d(cout, cout, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(cin, cout, 1) if cin != cout else None

    def forward(self, x, time):
        h = self.conv1(F.silu(self.norm1(x)))
        h = h + self.time_emb_proj(F.silu(time))[:, :, None, None]
        h = self.conv2(self.dropout(F.silu(self.norm2(h))))
        return (self.conv_shortcut(x) if self.conv_shortcut is not None else x) + h


class Attention(nn.Module):
    def __init__(self, channels, groups):
        super().__init__()
        self.group_norm = GroupNorm(groups, channels, eps=1e-6)
        self.to_q = nn.Linear(channels, channels)
        self.to_k = nn.Linear(channels, channels)
        self.to_v = nn.Linear(channels, channels)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x):
        n, c, height, width = x.shape
        h = self.group_norm(x).view(n, c, height * width).transpose(1, 2) if x.is_contiguous() else \
            self.group_norm(x).permute(0, 2, 3, 1).reshape(n, height * width, c)
        q, k, v = self.to_q(h), self.to_k(h), self.to_v(h)
        if hasattr(F, "scaled_dot_product_attention"):
            h = F.scaled_dot_product_attention(q[:, None], k[:, None], v[:, None])[:, 0]
        else:
            h = torch.bmm(torch.softmax(torch.bmm(q, k.transpose(1, 2)) / math.sqrt(c), dim=-1), v)
        return x + self.to_out[0](h).transpose(1, 2).reshape(n, c, height, width)


class Downsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, stride=2)

    def forward(self, x):
        return self.conv(F.pad(x, (0, 1, 0, 1)))


class Upsample(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x):
        return self.conv(F.interpolate(x, scale_factor=2.0, mode="nearest"))


class Block(nn.Module):
    """One level of either path, or the middle."""

    def __init__(self, resnets, attentions, down=None, up=None):
        super().__init__()
        self.resnets = nn.ModuleList(resnets)
        if attentions:
            self.attentions = nn.ModuleList(attentions)
        self.attends = bool(attentions)
        self.downsamplers = nn.ModuleList([down]) if down else None
        self.upsamplers = nn.ModuleList([up]) if up else None


class UNet(nn.Module):
    def __init__(self, channels, size, widths, attention, layers, groups, dropout, batch=0):
        super().__init__()
        time = 4 * widths[0]
        self.first = widths[0]
        self.conv_in = nn.Conv2d(channels, widths[0], 3, padding=1)
        self.time_embedding = nn.Module()
        self.time_embedding.linear_1 = nn.Linear(widths[0], time)
        self.time_embedding.linear_2 = nn.Linear(time, time)
        now, skips, downs = widths[0], [widths[0]], []
        for level, width in enumerate(widths):
            resnets, attentions = [], []
            for _ in range(layers):
                resnets.append(Resnet(now, width, time, groups, dropout))
                now = width
                if level in attention:
                    attentions.append(Attention(now, groups))
                skips.append(now)
            last = level == len(widths) - 1
            downs.append(Block(resnets, attentions, down=None if last else Downsample(now)))
            if not last:
                skips.append(now)
        self.down_blocks = nn.ModuleList(downs)
        self.mid_block = Block([Resnet(now, now, time, groups, dropout) for _ in range(2)], [Attention(now, groups)])
        ups = []
        for level in reversed(range(len(widths))):
            resnets, attentions = [], []
            for _ in range(layers + 1):
                resnets.append(Resnet(now + skips.pop(), widths[level], time, groups, dropout))
                now = widths[level]
                if level in attention:
                    attentions.append(Attention(now, groups))
            ups.append(Block(resnets, attentions, up=Upsample(now) if level else None))
        self.up_blocks = nn.ModuleList(ups)
        self.conv_norm_out = GroupNorm(groups, now, eps=1e-6)
        self.conv_out = nn.Conv2d(now, channels, 3, padding=1)

    def forward(self, x, t):
        time = self.time_embedding.linear_1(sinusoids(t, self.first).to(self.time_embedding.linear_1.weight.dtype))
        time = self.time_embedding.linear_2(F.silu(time))
        h = self.conv_in(x)
        skips = [h]
        for block in self.down_blocks:
            for i, resnet in enumerate(block.resnets):
                h = resnet(h, time)
                if block.attends:
                    h = block.attentions[i](h)
                skips.append(h)
            if block.downsamplers is not None:
                h = block.downsamplers[0](h)
                skips.append(h)
        h = self.mid_block.resnets[0](h, time)
        h = self.mid_block.resnets[1](self.mid_block.attentions[0](h), time)
        for block in self.up_blocks:
            for i, resnet in enumerate(block.resnets):
                h = resnet(torch.cat([h, skips.pop()], dim=1), time)
                if block.attends:
                    h = block.attentions[i](h)
            if block.upsamplers is not None:
                h = block.upsamplers[0](h)
        return self.conv_out(F.silu(self.conv_norm_out(h)))


class PointMLP(nn.Module):
    def __init__(self, hidden, layers, embedding, batch=0):
        super().__init__()
        self.embedding = embedding
        self.add_module("in", nn.Linear(2, hidden))
        self.time = nn.ModuleList([nn.Linear(embedding, hidden) for _ in range(layers)])
        self.hidden = nn.ModuleDict({str(i): nn.Linear(hidden, hidden) for i in range(1, layers)})
        self.out = nn.Linear(hidden, 2)

    def forward(self, x, t):
        time = sinusoids(t, self.embedding)
        h = F.silu(self._modules["in"](x) + self.time[0](time))
        for i, layer in self.hidden.items():
            h = h + F.silu(layer(h) + self.time[int(i)](time))
        return self.out(h)


def make(preset):
    settings = PRESETS[preset]
    return PointMLP(**settings) if preset == "points" else UNet(**settings)
