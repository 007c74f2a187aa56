#include "views/sketch_shapes.h"

#include <QCoreApplication>

#include <cmath>
#include <functional>
#include <numbers>

namespace ddpm::ui {
namespace {

constexpr double pi = std::numbers::pi;

/// `at` over [0, 1].
SketchStroke traced(const std::function<QPointF(double)>& at) {
    constexpr int pieces = 800;
    SketchStroke stroke;
    for (int i = 0; i <= pieces; ++i)
        stroke.path.append(at(static_cast<double>(i) / pieces));
    return stroke;
}

SketchStroke circle(QPointF centre, double radius, double from = 0, double to = 1) {
    return traced([=](double s) {
        const double angle = 2 * pi * (from + s * (to - from));
        return centre + radius * QPointF(std::cos(angle), std::sin(angle));
    });
}

QString tr(const char* text) {
    return QCoreApplication::translate("SketchShapes", text);
}

} // namespace

std::vector<SketchShape> sketchShapes() {
    const auto heart = traced([](double s) {
        const double a = 2 * pi * s;
        return QPointF(16 * std::pow(std::sin(a), 3),
                       13 * std::cos(a) - 5 * std::cos(2 * a) - 2 * std::cos(3 * a) - std::cos(4 * a) + 2.5) *
               (0.85 / 16);
    });
    const auto spiral = traced([](double s) {
        const double r = 0.85 * std::sqrt(s), a = 6 * pi * std::sqrt(s); // evenly along its length
        return QPointF(r * std::cos(a), r * std::sin(a));
    });
    const auto infinity = traced([](double s) {
        const double a = 2 * pi * s, d = 1 + std::pow(std::sin(a), 2);
        return 0.85 * QPointF(std::cos(a), std::sin(a) * std::cos(a) * 1.3) / d;
    });
    const auto star = traced([](double s) {
        const double at = s * 5;
        const auto corner = [](double k) {
            const double a = pi / 2 + k * 4 * pi / 5;
            return 0.88 * QPointF(std::cos(a), std::sin(a));
        };
        const double k = std::min(4.0, std::floor(at));
        return corner(k) + (at - k) * (corner(k + 1) - corner(k));
    });
    const std::vector<SketchStroke> face{circle({0, 0}, 0.85), circle({-0.3, 0.25}, 0.1),
                                         circle({0.3, 0.25}, 0.1), circle({0, 0}, 0.5, 0.57, 0.93)};
    return {{tr("Heart"), {heart}},
            {tr("Spiral"), {spiral}},
            {tr("Infinity"), {infinity}},
            {tr("Star"), {star}},
            {tr("Two rings"), {circle({-0.35, 0}, 0.5), circle({0.35, 0}, 0.5)}},
            {tr("Face"), face}};
}

} // namespace ddpm::ui
