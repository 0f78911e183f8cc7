# The studio on a CPU. Everything it keeps is in the volume /data:
#   docker build -t aigc-studio .
#   docker run -p 127.0.0.1:7860:7860 -v aigc-studio:/data aigc-studio
FROM python:3.12-slim

ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    STUDIO_HOST=0.0.0.0 \
    STUDIO_HOME=/data

WORKDIR /studio
COPY requirements.txt .
RUN pip install --no-cache-dir --extra-index-url https://download.pytorch.org/whl/cpu -r requirements.txt

RUN useradd --create-home --uid 1000 studio && install --directory --owner=studio --group=studio --mode=0700 /data
COPY app.py LICENSE ./
COPY prompts prompts
COPY assistants assistants
COPY webapp webapp

USER studio
VOLUME /data
EXPOSE 7860
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:7860/api/health', timeout=4)"]
CMD ["python", "app.py"]
