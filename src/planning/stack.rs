//! What a project is made with, by the names in its root directory.

/// A file of the root directory, and what it tells.
const SIGNS: [(&str, &str); 24] = [
    ("Cargo.toml", "Rust (Cargo)"),
    ("package.json", "JavaScript (npm)"),
    ("tsconfig.json", "TypeScript"),
    ("deno.json", "TypeScript (Deno)"),
    ("pyproject.toml", "Python"),
    ("setup.py", "Python"),
    ("requirements.txt", "Python"),
    ("go.mod", "Go"),
    ("pom.xml", "Java (Maven)"),
    ("build.gradle", "Java (Gradle)"),
    ("build.gradle.kts", "Kotlin (Gradle)"),
    ("Gemfile", "Ruby"),
    ("composer.json", "PHP (Composer)"),
    ("mix.exs", "Elixir"),
    ("Package.swift", "Swift"),
    ("pubspec.yaml", "Dart"),
    ("build.zig", "Zig"),
    ("CMakeLists.txt", "C or C++ (CMake)"),
    ("meson.build", "C or C++ (Meson)"),
    ("Makefile", "make"),
    ("justfile", "just"),
    ("Dockerfile", "Docker"),
    ("flake.nix", "Nix"),
    ("project.godot", "Godot"),
];

/// Languages and tools, each once, in the order of the table.
pub fn stack(root: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for (file, tells) in SIGNS {
        if root.iter().any(|name| name == file) && !found.iter().any(|known| known == tells) {
            found.push(tells.to_owned());
        }
    }
    if root.iter().any(|name| name.ends_with(".sln") || name.ends_with(".csproj")) {
        found.push(".NET".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::stack;

    #[test]
    fn each_sign_counts_once() {
        let root = ["requirements.txt", "setup.py", "Makefile", "App.sln"].map(str::to_owned);
        assert_eq!(stack(&root), ["Python", "make", ".NET"]);
        assert!(stack(&[]).is_empty());
    }
}
