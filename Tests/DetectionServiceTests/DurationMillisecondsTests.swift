import Testing

@testable import DetectionService

struct DurationMillisecondsTests {
    @Test(arguments: [
        (0, "0.0"), (1, "0.001"), (85, "0.085"), (500, "0.5"), (999, "0.999"), (1000, "1.0"),
        (12_340, "12.34"), (3_600_000_000, "3600000.0"), (-1500, "-1.5"), (-20, "-0.02"),
    ])
    func `times are milliseconds, in their shortest decimals`(microseconds: Int, text: String) {
        var bytes: [UInt8] = []
        bytes.append(milliseconds: .microseconds(microseconds))
        #expect(String(decoding: bytes, as: UTF8.self) == text)
        #expect(Double(text) == Duration.microseconds(microseconds).milliseconds)
    }
}
