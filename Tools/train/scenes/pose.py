"""How a label lies in the picture: bent or crumpled, turned, tilted, and seen in perspective.

Each step can be undone exactly: pixels are fetched by going back, the box's outline is carried forward.
"""

from dataclasses import dataclass

import cv2
import numpy as np


@dataclass(frozen=True)
class Roll:
    """On a can or bottle: an arc about the axis `along`, seen from above or below by `lift`."""

    along: int
    centre: float
    radius: float
    lift: float

    def forward(self, points):
        points = points.copy()
        angle = (points[..., self.along] - self.centre) / self.radius
        points[..., self.along] = self.centre + self.radius * np.sin(angle)
        points[..., 1 - self.along] += self.lift * (1 - np.cos(angle))
        return points

    def back(self, points):
        points = points.copy()
        sine = (points[..., self.along] - self.centre) / self.radius
        angle = np.arcsin(np.clip(sine, -1, 1))
        points[..., 1 - self.along] -= self.lift * (1 - np.cos(angle))
        points[..., self.along] = np.where(abs(sine) < 1, self.centre + self.radius * angle, -1e4)
        return points

    def shade(self, points):
        return np.cos((points[..., self.along] - self.centre) / self.radius)


@dataclass(frozen=True)
class Ripple:
    """A fold: one coordinate moves by waves of the other."""

    moved: int
    height: float
    waves: float
    phase: float

    def _offset(self, points):
        return self.height * np.sin(points[..., 1 - self.moved] * self.waves + self.phase)

    def forward(self, points):
        points = points.copy()
        points[..., self.moved] += self._offset(points)
        return points

    def back(self, points):
        points = points.copy()
        points[..., self.moved] -= self._offset(points)
        return points

    def shade(self, points):
        slope = self.height * self.waves * np.cos(points[..., 1 - self.moved] * self.waves + self.phase)
        return 1 + np.clip(slope * 2, -0.45, 0.45)


class Pose:
    def __init__(self, bends, matrix):
        self.bends, self.matrix = bends, matrix

    @staticmethod
    def random(rng, label, angle):
        """A pose about the code's centre, at the label's own scale; `placed` moves it into a picture."""
        left, top, right, bottom = label.box
        w, h = right - left, bottom - top
        centre = ((left + right) / 2, (top + bottom) / 2)
        bends = []
        chance = rng.random()
        if chance < 0.14:
            along = int(rng.random() < 0.3)
            side = (w, h)[along]
            radius = side / rng.uniform(0.7, 2.3)
            bends.append(Roll(along, centre[along] + side * rng.normal(0, 0.12), radius, radius * rng.normal(0, 0.25)))
        elif chance < 0.24:
            for _ in range(rng.integers(1, 4)):
                moved = int(rng.integers(2))
                waves = rng.uniform(0.8, 5) / max(w, h) * np.pi
                bends.append(Ripple(moved, rng.uniform(0.01, 0.05) * min(w, h), waves, rng.uniform(0, 6.3)))
        strong = rng.random() < 0.3
        tilt = np.clip(rng.normal(0, 0.45 if strong else 0.14, 2), -0.9, 0.9)
        distance = max(w, h) * rng.uniform(1.3, 5)
        return Pose(bends, _tilted(centre, angle, tilt, distance))

    def placed(self, scale, x, y):
        """Scaled about the code's centre, which comes to (x, y)."""
        move = np.array([[scale, 0, x], [0, scale, y], [0, 0, 1]])
        return Pose(self.bends, move @ self.matrix)

    def forward(self, points):
        points = np.asarray(points, np.float64)
        for bend in self.bends:
            points = bend.forward(points)
        return cv2.perspectiveTransform(points[None], self.matrix)[0]

    def fetch(self, image, alpha, x0, y0, w, h):
        """The label as seen in the window (x0, y0, w, h) of the picture: pixels and cover, 0…1."""
        move = np.array([[1, 0, -x0], [0, 1, -y0], [0, 0, 1.0]])
        if not self.bends:
            matrix = move @ self.matrix
            pixels = cv2.warpPerspective(image, matrix, (w, h), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
            cover = cv2.warpPerspective(alpha, matrix, (w, h), flags=cv2.INTER_LINEAR)
            return pixels, cover.astype(np.float32) / 255
        back = np.linalg.inv(self.matrix)
        y, x = np.mgrid[y0 : y0 + h, x0 : x0 + w].astype(np.float64)
        depth = back[2, 0] * x + back[2, 1] * y + back[2, 2]
        points = np.stack([(row[0] * x + row[1] * y + row[2]) / depth for row in back[:2]], -1)
        shade = 1.0
        for bend in reversed(self.bends):
            points = bend.back(points)
            shade = shade * bend.shade(points)
        points = points.astype(np.float32)
        u, v = points[..., 0], points[..., 1]
        pixels = cv2.remap(image, u, v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        cover = cv2.remap(alpha, u, v, cv2.INTER_LINEAR).astype(np.float32) / 255
        pixels = np.clip(pixels * np.clip(shade, 0.25, 1.5)[..., None], 0, 255).astype(np.uint8)
        return pixels, cover


def _tilted(centre, angle, tilt, distance):
    """The plane turned by the angle, tilted about both axes, and seen from the distance; centre goes to (0, 0)."""
    ca, sa = np.cos(angle), np.sin(angle)
    (cx, cy), (sx, sy) = np.cos(tilt), np.sin(tilt)
    turn = np.array([[ca, -sa, 0], [sa, ca, 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    rotation = turn @ about_y @ about_x
    projected = np.array(
        [
            [rotation[0, 0], rotation[0, 1], 0],
            [rotation[1, 0], rotation[1, 1], 0],
            [rotation[2, 0] / distance, rotation[2, 1] / distance, 1],
        ]
    )
    return projected @ np.array([[1, 0, -centre[0]], [0, 1, -centre[1]], [0, 0, 1.0]])
