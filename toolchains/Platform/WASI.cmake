# CMake does not know WASI: nothing is shared, and programs end in .wasm (wasm/CMakeLists.txt).
