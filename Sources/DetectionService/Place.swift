internal import Batching
internal import Imaging

/// A ticket that may stand in an array: given back, like it, when it is not used.
///
/// Not `Sendable`: it lives on the queue that handles one request.
final class Place {
    private var ticket: Ticket?

    /// Takes a place in the queue, behind so many of the same request.
    init(
        in queue: PictureQueue, startBy deadline: ContinuousClock.Instant, behind others: Int
    ) throws(ServiceError) {
        do { ticket = try queue.admit(startBy: deadline, behind: others) } catch {
            throw .overloaded(error)
        }
    }

    /// Gives the ticket away; once.
    func takeTicket() -> Ticket {
        guard let ticket = ticket.take() else { preconditionFailure("a ticket is used once") }
        return ticket
    }
}

extension ServiceError {
    /// Why a picture got no prediction; `place` says which one.
    init(_ error: PredictionError, place: String?) {
        switch error {
        case .picture(let reason): self = .picture(reason, place: place)
        case .network(let reason): self = .failed("network: \(reason)")
        case .annotation(.tooLong(let sideMax)): self = .annotationTooLong(sideMax: sideMax)
        case .annotation(.failed(let reason)): self = .failed("annotation: \(reason)")
        case .cancelled(.deadline): self = .deadlineExceeded
        case .cancelled(.clientGone), .cancelled(.requestFailed): self = .abandoned
        }
    }
}
