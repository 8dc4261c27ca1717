@testable import HTTPServer

/// Any bytes, as a head, a chunked body and a whole conversation.
///
/// Nothing may trap, and the split of the bytes on their way must not matter.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    // libFuzzer lends `count` bytes until this returns; they are copied here.
    let input = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = input.first else { return 0 }
    let bytes = Array(input.dropFirst())
    let cut = bytes.count * Int(first) / 255

    precondition(head(bytes, [bytes.count]) == head(bytes, [cut, bytes.count]))
    precondition(chunked(bytes, [bytes.count]) == chunked(bytes, [cut, bytes.count]))
    precondition(conversation(bytes, [bytes.count]) == conversation(bytes, [cut, bytes.count]))
    return 0
}

/// Small, so that inputs of a few hundred bytes reach them.
private let limits: Limits = {
    var limits = Limits()
    limits.headerBytesMax = 300
    limits.targetBytesMax = 60
    limits.fieldsMax = 5
    limits.chunkExtensionBytesMax = 20
    limits.trailerBytesMax = 30
    limits.bodyFirstBytes = 8
    return limits
}()

private func head(_ bytes: [UInt8], _ ends: [Int]) -> String {
    var parser = RequestParser(limits: limits)
    do throws(Refusal) {
        for end in ends {
            let progress = try parser.parse(bytes.span.extracting(0..<end))
            if case .finished = progress { return "\(progress)" }
        }
        return "more"
    } catch {
        return "\(error)"
    }
}

private func chunked(_ bytes: [UInt8], _ ends: [Int]) -> String {
    var decoder = ChunkedDecoder(bodyBytesMax: 100, limits: limits)
    var body: [UInt8] = []
    var used = 0
    do throws(Refusal) {
        for end in ends where !decoder.isFinished {
            used += try decoder.decode(bytes.span.extracting(used..<end), into: &body)
        }
        precondition(body.count <= 100)
        return "\(decoder.isFinished) \(used) \(body)"
    } catch {
        return "\(error)"
    }
}

/// The requests handed on and the refusal, when every request is answered at once.
private func conversation(_ bytes: [UInt8], _ ends: [Int]) -> [String] {
    let now = ContinuousClock.now
    var conversation = Conversation(limits: limits, at: now)
    var log: [String] = []
    var unread = 0
    for end in ends + [bytes.count] {
        var isOver = false
        while !isOver {
            while let action = conversation.next(at: now) {
                switch action {
                case .admit: conversation.admitted(.accept(bodyBytesMax: 100), at: now)
                case .handle(let request):
                    log.append("\(request.head) \(request.body)")
                    conversation.answer(Response(status: 200))
                case .refuse(let refusal, _):
                    log.append("\(refusal)")
                    conversation.answer(Response(status: refusal.status))
                case .send(let reply):
                    precondition(reply.head(date: []).count > 20)
                    conversation.sent(at: now)
                case .close: return log
                case .goOn, .probe, .endSending: break
                }
            }
            isOver = unread == end || !conversation.wantsBytes
            guard !isOver else { break }
            if conversation.takesBodyDirectly {
                conversation.fillBody { room in
                    while unread < end, !room.isFull {
                        room.append(bytes[unread])
                        unread += 1
                    }
                }
            } else {
                conversation.received(bytes.span.extracting(unread..<end), at: now)
                unread = end
            }
        }
    }
    conversation.receivedEnd()
    while let action = conversation.next(at: now) {
        if case .refuse(let refusal, _) = action { log.append("\(refusal)") }
    }
    return log
}
