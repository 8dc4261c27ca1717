extension Command {
    /// The help of one command: usage, what it does, each option with its default and reason.
    static var help: String {
        var lines = ["usage: dynadetect \(usage)", "", summary + "."]
        if !discussion.isEmpty { lines += ["", discussion] }
        if !options.isEmpty {
            lines += ["", "options:"]
            for option in options { lines += option.helpLines }
            lines += [
                "",
                "Each option can also be given in the environment, as \(exampleName).",
                "What stands on the command line counts more.",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static var usage: String {
        [name, options.isEmpty ? "" : "[options]", operands.placeholder]
            .filter { !$0.isEmpty }.joined(separator: " ")
    }

    private static var exampleName: String {
        guard let option = options.first(where: { !$0.isSwitch }) ?? options.first else {
            return ""
        }
        return "\(option.environmentName) for --\(option.name)"
    }
}

extension CommandOption {
    fileprivate var helpLines: [String] {
        var words = help
        if let standard {
            words += " (default: \(standard)" + (reason.map { "; " + $0 } ?? "") + ")"
        }
        let head = "  --\(name)" + (placeholder.map { " " + $0 } ?? "")
        return [head] + wrap(words, width: 72).map { "      " + $0 }
    }
}

/// Breaks words into lines of at most `width` characters.
private func wrap(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    for word in text.split(separator: " ") {
        if let last = lines.last, last.count + 1 + word.count <= width {
            lines[lines.count - 1] = last + " " + word
        } else {
            lines.append(String(word))
        }
    }
    return lines
}
