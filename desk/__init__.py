"""The office: everything Madoguchi knows and does, without the engine that keeps it moving."""
