# nix build ./packaging/nix, nix develop ./packaging/nix. Evaluated by nobody yet; its syntax is checked where nix is.
{
  description = "Tunnelview: the receiving end of waypipe";

  inputs.nixpkgs.url = "github:NixOS/nixpkgs/nixos-unstable";

  outputs =
    { self, nixpkgs }:
    let
      systems = [
        "aarch64-darwin"
        "x86_64-darwin"
        "aarch64-linux"
        "x86_64-linux"
      ];
      each = make: nixpkgs.lib.genAttrs systems (system: make nixpkgs.legacyPackages.${system});
      tunnelview =
        pkgs:
        pkgs.stdenv.mkDerivation {
          pname = "tunnelview";
          version = "0.1.0";
          src = ../..;
          nativeBuildInputs = [
            pkgs.cmake
            pkgs.ninja
            pkgs.pkg-config
          ];
          buildInputs = [
            pkgs.fmt
            pkgs.spdlog
            pkgs.lz4
            pkgs.zstd
            pkgs.ffmpeg
          ];
          cmakeFlags = [
            "-DTV_FFMPEG=ON"
            "-DTV_TESTS=OFF"
            "-DTV_BENCH=OFF"
          ];
          meta = {
            license = pkgs.lib.licenses.mit;
            mainProgram = "tunnelview";
          };
        };
    in
    {
      packages = each (pkgs: {
        default = tunnelview pkgs;
      });
      devShells = each (pkgs: {
        default = pkgs.mkShell {
          inputsFrom = [ (tunnelview pkgs) ];
          packages = [
            pkgs.gtest
            pkgs.clang-tools
          ];
        };
      });
    };
}
