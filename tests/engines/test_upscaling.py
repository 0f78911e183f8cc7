"""Making pictures larger: the conversation with the program, and what is said without its package.

The package that reads the models needs torchvision, which the studio does not; so a stand-in program answers here.
"""

from pathlib import Path

import pytest
from PIL import Image

from assistants.engines import upscale, upscaling
from assistants.errors import GenerationFailed, ModelUnavailable

PROGRAM = """
import base64, io, json, sys
from PIL import Image
first = json.loads(sys.stdin.readline())
said = {"broken": "no such model"} if "broken" in first["model"] else {"ready": True, "scale": 2}
print(json.dumps(said), flush=True)
if "broken" in said:
    sys.exit(1)
for line in sys.stdin:
    command = json.loads(line)
    if "picture" not in command:
        continue
    picture = Image.open(io.BytesIO(base64.b64decode(command["picture"])))
    print(json.dumps({"id": command["id"], "done": 1, "total": 2}), flush=True)
    if picture.width == 13:
        print(json.dumps({"id": command["id"], "error": "out of memory"}), flush=True)
        continue
    file = io.BytesIO()
    picture.resize((picture.width * command["scale"], picture.height * command["scale"])).save(file, "PNG")
    answer = {"id": command["id"], "picture": base64.b64encode(file.getvalue()).decode()}
    print(json.dumps(answer), flush=True)
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "stand_in.py"
    path.write_text(PROGRAM, encoding="utf-8")
    monkeypatch.setattr(upscaling, "PROGRAM", path)
    monkeypatch.setattr(upscaling, "find_spec", lambda name: name)


@pytest.mark.usefixtures("program")
def test_it_tells_how_far_it_is_and_gives_the_picture() -> None:
    *told, large = upscale(Path("model.safetensors"), Image.new("RGB", (20, 10)), 4)
    assert (1, 2) in told and large.size == (80, 40)


@pytest.mark.usefixtures("program")
def test_what_breaks_is_one_sentence() -> None:
    with pytest.raises(GenerationFailed, match="out of memory"):
        list(upscale(Path("model.safetensors"), Image.new("RGB", (13, 10)), 2))
    with pytest.raises(ModelUnavailable, match="no such model"):
        list(upscale(Path("broken.safetensors"), Image.new("RGB", (20, 10)), 2))


def test_without_the_package_its_name_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upscaling, "find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match="pip install spandrel"):
        list(upscale(Path("model.safetensors"), Image.new("RGB", (8, 8)), 2))
