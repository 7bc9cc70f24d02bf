# A formula for a tap of one's own; `url` and `sha256` are filled in for a release. Never yet run on a Mac.
class Tunnelview < Formula
  desc "Show remote Linux Wayland applications: the receiving end of waypipe"
  homepage "https://example.org/tunnelview"
  url "https://example.org/tunnelview/tunnelview-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "MIT"
  head "https://example.org/tunnelview/tunnelview.git", branch: "main"

  depends_on "cmake" => :build
  depends_on "ninja" => :build
  depends_on "pkgconf" => :build
  depends_on "ffmpeg"
  depends_on "fmt"
  depends_on "lz4"
  depends_on macos: :ventura
  depends_on "spdlog"
  depends_on "zstd"

  def install
    system "cmake", "-S", ".", "-B", "build", "-G", "Ninja", "-DTV_FFMPEG=ON", "-DTV_TESTS=OFF", "-DTV_BENCH=OFF", *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    assert_match "tunnelview #{version}", shell_output("#{bin}/tunnelview --version")
    (testpath/"host.c").write <<~C
      #include <tunnelview/tunnelview.h>
      int main(void) { return tv_version() == TV_VERSION ? 0 : 1; }
    C
    system ENV.cc, "host.c", "-I#{include}", "-L#{lib}", "-ltunnelview", "-o", "host"
    system "./host"
  end
end
