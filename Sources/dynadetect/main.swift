internal import DetectionService
internal import FoundationEssentials
internal import Glibc

exit(
    Program.run(
        Array(CommandLine.arguments.dropFirst()), environment: ProcessInfo.processInfo.environment))
