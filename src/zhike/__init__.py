"""知客 Zhike: how a bank knows its customers, keeps them loyal and makes them satisfied."""
