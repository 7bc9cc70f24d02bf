# cmake -DOUTPUT=file.cpp -DHEADER=header.h -DNAMESPACE=a::b -DINPUTS="kName=file|kOther=file" -P embed_bytes.cmake
# Writes a C++ file with the bytes of each input as `const std::span<const unsigned char> kName`.
string(REPLACE "|" ";" INPUTS "${INPUTS}")
set(text "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n")
foreach(input IN LISTS INPUTS)
  string(REGEX MATCH "^([^=]*)=(.*)$" input "${input}")
  set(name ${CMAKE_MATCH_1})
  file(READ "${CMAKE_MATCH_2}" bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(REGEX REPLACE "(................................................................................)" "    \\1\n" bytes "${bytes}")
  string(APPEND text "static const unsigned char ${name}Bytes[] = {\n${bytes}};\nconst std::span<const unsigned char> ${name}(${name}Bytes);\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}} // namespace ${NAMESPACE}\n")
