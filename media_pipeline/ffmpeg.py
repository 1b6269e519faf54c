"""The only file that starts ffmpeg or ffprobe."""
