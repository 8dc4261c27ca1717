"""Photographs and fonts that scenes are made of: what they are, whose, and under which licence.

Only CC0, public-domain and CC-BY pictures and fonts under free licences are listed; nothing else is used. They come
in Debian's packages, which are fetched and unpacked without being installed:

    python3 Tools/train/scenes/materials.py FOLDER
"""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

SKIMAGE = "python3-skimage"
SKLEARN = "python3-sklearn"
WALLPAPERS = "lomiri-wallpapers-16.04"

IN_PACKAGE = {
    SKIMAGE: "usr/lib/python3/dist-packages/skimage/data",
    SKLEARN: "usr/lib/python3/dist-packages/sklearn/datasets/images",
    WALLPAPERS: "usr/share/backgrounds",
}


@dataclass(frozen=True)
class Photograph:
    package: str
    file: str
    author: str
    licence: str
    #: Seen only in held-out scenes.
    held_out: bool = False


PHOTOGRAPHS = (
    Photograph(WALLPAPERS, "Picture_0B_by_freespace.jpg", 'Trevor "Freespace"', "CC-BY-4.0"),
    Photograph(WALLPAPERS, "Picture_1A_by_freespace.jpg", 'Trevor "Freespace"', "CC-BY-4.0", True),
    Photograph(WALLPAPERS, "Wine_by_Jakkub_Mede.jpg", "Jakub Mede", "CC-BY-4.0"),
    Photograph(WALLPAPERS, "aitzgorri_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
    Photograph(WALLPAPERS, "friends_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0", True),
    Photograph(WALLPAPERS, "life_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
    Photograph(WALLPAPERS, "picosdeeuropa_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
    Photograph(WALLPAPERS, "sunset_by_Aitzol_Berasategi.jpg", "Aitzol Berasategi", "CC-BY-4.0"),
    Photograph(WALLPAPERS, "umang_by_Abhishek_Mudgal.jpg", "Abhishek Mudgal", "CC-BY-4.0"),
    Photograph(WALLPAPERS, "seeding_by_Clements_Engelhardt.jpg", "Clemens Engelhardt", "CC0-1.0"),
    Photograph(SKIMAGE, "astronaut.png", "NASA", "public domain"),
    Photograph(SKIMAGE, "brick.png", "CC0Textures", "CC0-1.0"),
    Photograph(SKIMAGE, "camera.png", "Lav Varshney", "CC0-1.0"),
    Photograph(SKIMAGE, "cell.png", "Paul Müller", "CC0-1.0"),
    Photograph(SKIMAGE, "chelsea.png", "Stéfan van der Walt", "CC0-1.0"),
    Photograph(SKIMAGE, "clock_motion.png", "Stéfan van der Walt", "public domain"),
    Photograph(SKIMAGE, "coffee.png", "Rachel Michetti", "CC0-1.0", True),
    Photograph(SKIMAGE, "grass.png", "CC0Textures", "CC0-1.0"),
    Photograph(SKIMAGE, "gravel.png", "CC0Textures", "CC0-1.0"),
    Photograph(SKIMAGE, "hubble_deep_field.jpg", "NASA", "public domain"),
    Photograph(SKIMAGE, "retina.jpg", "Häggström", "CC0-1.0"),
    Photograph(SKIMAGE, "rocket.jpg", "SpaceX", "public domain"),
    Photograph(SKLEARN, "china.jpg", "danielbuechele", "CC-BY-2.0", True),
    Photograph(SKLEARN, "flower.jpg", "vultilion", "CC-BY-2.0"),
)


@dataclass(frozen=True)
class FontFamily:
    package: str
    pattern: str
    licence: str


FONTS = (
    FontFamily("fonts-dejavu-core", "usr/share/fonts/truetype/dejavu/*.ttf", "Bitstream Vera, DejaVu: public domain"),
    FontFamily("fonts-liberation2", "usr/share/fonts/truetype/liberation2/*.ttf", "OFL-1.1"),
    FontFamily("fonts-lato", "usr/share/fonts/truetype/lato/Lato-[BRMH]*.ttf", "OFL-1.1"),
    FontFamily("fonts-inconsolata", "usr/share/fonts/truetype/inconsolata/*.otf", "OFL-1.1"),
    FontFamily("fonts-comic-neue", "usr/share/fonts/opentype/comic-neue/*.otf", "OFL-1.1"),
)


class Materials:
    """The folder that the packages were unpacked to."""

    def __init__(self, folder):
        self.folder = Path(folder)

    def photographs(self, held_out=False):
        """Files for training, or those kept for held-out scenes."""
        return [
            self.folder / one.package / IN_PACKAGE[one.package] / one.file
            for one in PHOTOGRAPHS
            if one.held_out == held_out
        ]

    def fonts(self):
        return [file for one in FONTS for file in sorted((self.folder / one.package).glob(one.pattern))]

    def fetch(self):
        """Fetches and unpacks the packages that are missing."""
        self.folder.mkdir(parents=True, exist_ok=True)
        packages = {one.package for one in PHOTOGRAPHS} | {one.package for one in FONTS}
        for package in sorted(packages):
            target = self.folder / package
            if target.is_dir():
                continue
            with tempfile.TemporaryDirectory() as work:
                subprocess.run(["apt-get", "download", "-q", package], cwd=work, check=True, stdout=sys.stderr)
                archive = next(Path(work).glob("*.deb"))
                unpacked = self.folder / f".{package}"
                subprocess.run(["dpkg", "-x", archive, unpacked], check=True)
                unpacked.rename(target)


if __name__ == "__main__":
    Materials(sys.argv[1]).fetch()
