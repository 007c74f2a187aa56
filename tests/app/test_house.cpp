// The house stands as drawn: no forbidden include, no overlong file, packages in one list. And the inspector
// is not blind.
#include "house_rules.h"

#include <QtTest>

using namespace ddpm::test;

class HouseTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void the_tree_keeps_the_rules() {
        int files = 0;
        const auto faults = check_tree(DDPM_SOURCE_DIR, files);
        for (const auto& fault : faults)
            qWarning("%s", fault.c_str());
        QVERIFY2(files > 20, "the scan found hardly any source: it looks in the wrong place");
        QCOMPARE(faults.size(), std::size_t{0});
    }

    void includes_data() {
        QTest::addColumn<QString>("path");
        QTest::addColumn<QString>("line");
        QTest::addColumn<bool>("allowed");
        const auto row = [](const char* path, const char* line, bool allowed) {
            QTest::addRow("%s %s", path, line) << path << line << allowed;
        };
        row("engine/ddpm/config.h", "#include <vector>", true);
        row("engine/ddpm/config.h", "#include \"ddpm/result.h\"", true);
        row("engine/ddpm/config.h", "#include <torch/torch.h>", false);
        row("engine/ddpm/config.h", "#include <fmt/format.h>", false);
        row("engine/ddpm/config.h", "#include \"formats/run_folder.h\"", false);
        row("engine/ddpm/config.h", "  #  include <QString>", false);
        row("engine/network/unet.cpp", "#include <torch/torch.h>", true);
        row("engine/network/unet.cpp", "#include \"network/layers.h\"", true);
        row("engine/network/unet.cpp", "#include \"layers.h\"", true);
        row("engine/network/unet.cpp", "#include \"compat/torch_compat.h\"", true);
        row("engine/network/unet.cpp", "#include \"diffusion/schedule.h\"", false);
        row("engine/network/unet.cpp", "#include \"../diffusion/schedule.h\"", false);
        row("engine/diffusion/schedule.cpp", "#include \"network/net.h\"", false);
        row("engine/data/mnist.cpp", "#include \"formats/npy.h\"", false);
        row("engine/formats/checkpoint.cpp", "#include \"training/trainer.h\"", false);
        row("engine/compat/torch_compat.h", "#include \"network/net.h\"", false);
        row("engine/training/trainer.cpp", "#include \"network/net.h\"", true);
        row("engine/training/trainer.cpp", "#include \"runtime/device.h\"", false);
        row("engine/runtime/engine_thread.cpp", "#include \"training/trainer.h\"", true);
        row("engine/runtime/engine_thread.cpp", "#include <QObject>", false);
        row("engine/runtime/engine_thread.cpp", "#include <QtCore/QObject>", false);
        row("engine/runtime/engine_thread.cpp", "#include \"ui/bridge/engine_bridge.h\"", false);
        row("engine/runtime/engine_thread.cpp", "#include \"bridge/engine_bridge.h\"", false);
        row("engine/attic/old.cpp", "#include <vector>", false);
        row("engine/network/unet.cpp", "#if TORCH_VERSION_MAJOR >= 2", false);
        row("engine/compat/torch_compat.h", "#if TORCH_VERSION_MAJOR >= 2", true);
        row("ui/stages/train/page.cpp", "#include \"ddpm/engine.h\"", true);
        row("ui/stages/train/page.cpp", "#include <QWidget>", true);
        row("ui/stages/train/page.cpp", "#include \"views/plot.h\"", true);
        row("ui/stages/train/page.cpp", "#include <torch/torch.h>", false);
        row("ui/stages/train/page.cpp", "#include <ATen/ATen.h>", false);
        row("ui/stages/train/page.cpp", "#include <opencv2/core.hpp>", false);
        row("ui/stages/train/page.cpp", "#include \"formats/picture_grid.h\"", false);
        row("ui/stages/train/page.cpp", "#include \"window/main_window.h\"", false);
        row("ui/views/plot.cpp", "#include \"stages/stage.h\"", false);
        row("ui/views/plot.cpp", "#include \"ui/bridge/engine_bridge.h\"", false);
        row("ui/theme/theme.cpp", "#include \"views/plot.h\"", false);
        row("app/inspection.cpp", "#include \"formats/run_folder.h\"", true);
        row("app/window.cpp", "#include \"ui/window/main_window.h\"", true);
        row("engine/network/unet.cpp", "// #include \"diffusion/schedule.h\" would be wrong", true);
    }
    void includes() {
        QFETCH(QString, path);
        QFETCH(QString, line);
        QFETCH(bool, allowed);
        const std::string text = "#pragma once\n" + line.toStdString() + "\n";
        const auto faults = check_source(path.toStdString(), text);
        QCOMPARE(faults.empty(), allowed);
        if (!allowed) QVERIFY(faults.front().starts_with(path.toStdString() + ":2: "));
    }

    void a_file_of_501_lines_is_too_long() {
        std::string text;
        for (int i = 0; i < 500; ++i)
            text += "int x;\n";
        QCOMPARE(check_source("app/long.cpp", text).size(), std::size_t{0});
        QCOMPARE(check_source("app/long.cpp", text + "int y;\n").size(), std::size_t{1});
    }

    void a_planted_violation_is_found_in_a_tree() {
        QTemporaryDir folder;
        QVERIFY(folder.isValid());
        const auto write = [&](const char* name, const char* text) {
            const QFileInfo info(folder.filePath(name));
            QVERIFY(QDir().mkpath(info.path()));
            QFile file(info.filePath());
            QVERIFY(file.open(QIODevice::WriteOnly));
            QVERIFY(file.write(text) > 0);
        };
        write("engine/data/good.cpp", "#include \"data/dataset.h\"\n");
        write("ui/theme/good.cpp", "#include <QColor>\n");
        write("app/good.cpp", "#include \"formats/run_folder.h\"\n");
        write("packaging/dependencies", "# why\nlibexample-dev\ncmake\n");
        write("CMakeLists.txt", "cmake_minimum_required(VERSION 3.25)\n");
        int files = 0;
        const std::filesystem::path root = folder.path().toStdString();
        QCOMPARE(check_tree(root, files).size(), std::size_t{0});
        QCOMPARE(files, 3);

        write("engine/data/bad.cpp", "#include \"network/net.h\"\n");
        write("packaging/run", "apt-get install libexample-dev\n");
        const auto faults = check_tree(root, files);
        QCOMPARE(faults.size(), std::size_t{2});
        QVERIFY(faults[0].starts_with("engine/data/bad.cpp:1: "));
        QVERIFY(faults[1].starts_with("packaging/run: "));
    }

    void package_names_are_whole_words() {
        const std::vector<std::string> packages{"libfmt-dev", "cmake"};
        QCOMPARE(packages_named_in("needs libfmt-dev, really", packages).size(), std::size_t{1});
        QCOMPARE(packages_named_in("needs mylibfmt-dev and libfmt-devel", packages).size(), std::size_t{0});
        QCOMPARE(packages_named_in("cmake is a word", packages).size(), std::size_t{0});
    }

    void dependencies_are_one_known_name_a_line() {
        const auto packages = read_dependencies(DDPM_SOURCE_DIR "/packaging/dependencies");
        QVERIFY(packages.size() > 10);
        const QRegularExpression name("^[a-z0-9][a-z0-9+.-]+$");
        QStringList seen;
        for (const auto& package : packages) {
            const QString text = QString::fromStdString(package);
            QVERIFY2(name.match(text).hasMatch(), package.c_str());
            QVERIFY2(!seen.contains(text), package.c_str());
            seen << text;
        }
    }
};

QTEST_GUILESS_MAIN(HouseTest)
#include "test_house.moc"
