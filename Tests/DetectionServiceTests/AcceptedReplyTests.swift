import Testing

@testable import DetectionService

@Test(arguments: [
    ([], AcceptedReply.json), (["*/*"], .json), (["image/*"], .json), (["image/jpeg"], .jpeg),
    (["IMAGE/JPEG"], .jpeg), (["image/jpeg;q=0"], .json),
    (["image/jpeg", "application/json"], .json),
    (["image/jpeg", "application/json;q=0.5"], .jpeg),
    (["image/jpeg ; q=0.4", "*/*;q=0.1"], .jpeg),
    (["application/*", "image/jpeg;q=0.9"], .json), (["image/jpeg;q=x"], .json),
    (["", ";"], .json),
])
func `who names JPEG and likes JSON less gets the picture`(
    accept: [String], reply: AcceptedReply
) {
    #expect(AcceptedReply(accept: accept) == reply)
}
