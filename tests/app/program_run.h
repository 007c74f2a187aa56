// The program itself as a process: what it returns and prints.
#pragma once

#include <QJsonDocument>
#include <QJsonObject>
#include <QProcess>
#include <QProcessEnvironment>
#include <QStringList>

namespace ddpm::test {

struct Ended {
    int code = -1;
    QByteArray out, err;

    QJsonObject json() const {
        const QJsonDocument document = QJsonDocument::fromJson(out);
        return document.object(); // empty if it is none
    }
    QJsonObject last_line() const {
        const QList<QByteArray> lines = out.trimmed().split('\n');
        return QJsonDocument::fromJson(lines.last()).object();
    }
};

/// With no display, as over a network; killed after `timeout` ms.
inline Ended run(const QStringList& words, int timeout = 300'000) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"})
        environment.remove(name);
    process.setProcessEnvironment(environment);
    process.start(DDPM_LAB_PROGRAM, words);
    Ended ended;
    if (!process.waitForFinished(timeout)) {
        process.kill();
        process.waitForFinished();
        ended.err = "timed out: " + process.readAllStandardError();
        return ended;
    }
    ended.code = process.exitStatus() == QProcess::NormalExit ? process.exitCode() : -2;
    ended.out = process.readAllStandardOutput();
    ended.err = process.readAllStandardError();
    return ended;
}

} // namespace ddpm::test
